"""What prewarm_event sends to its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventAct(StrEnum):
    """What is to be done about the event now."""

    TAKE_STEPS = "takeSteps"
    """All steps that are due, in order."""
    GIVE_BACK = "giveBack"
    """The pool is to hold no more than the event's row says: the undo of a step taken by half."""


@dataclass(frozen=True, slots=True)
class AdvanceEventPayload:
    """TakeSteps and GiveBack. `version`: that of the event for which this execution was started."""

    event_id: str
    version: int
    act: EventAct
