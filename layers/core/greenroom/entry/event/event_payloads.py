"""What prewarm_event sends to its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventAct(StrEnum):
    """What is to be done about the event now."""

    TAKE_STEPS = "takeSteps"
    """Do all steps that are due, in order."""
    GIVE_BACK = "giveBack"
    """Reduce the pool's reservation to what the event's row says. This undoes a step that was done halfway."""


@dataclass(frozen=True, slots=True)
class AdvanceEventPayload:
    """TakeSteps and GiveBack. `version`: that of the event for which this execution was started."""

    event_id: str
    version: int
    act: EventAct
