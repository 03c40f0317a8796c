"""What a slot has to tell the control plane."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the control plane: event is ready, notReady, connected, disconnected, idle or exited."""

    event: str
    epoch: int
    session_id: str | None
    join_number: int
    detail: str = ""
