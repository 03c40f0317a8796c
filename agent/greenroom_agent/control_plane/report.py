"""The events that a slot reports to the control plane."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """One event of a slot: ready, notReady, connected, disconnected, idle or exited."""

    event: str
    epoch: int
    session_id: str | None
    join_number: int
    detail: str = ""
