"""The events of a slot (the place for one session on an instance) that the agent reports to the control plane."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """One event of a slot. `event`: ready, notReady, connected, disconnected, idle or exited.

    `epoch`: the slot's fencing number, raised at each claim. `join_number`: the number of the session's newest page; 0
    before a page has opened the session. `detail`: the cause, in words.
    """

    event: str
    epoch: int
    session_id: str | None
    join_number: int
    detail: str = ""
