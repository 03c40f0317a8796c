"""What session_lifecycle sends to its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Awaited(StrEnum):
    """What an adopted session waits for."""

    SLOT = "slot"
    """One that is given to it in line."""
    END = "end"
    """Of the session, or of its stay in this slot; reconnects stay inside."""


@dataclass(frozen=True, slots=True)
class AdoptSessionPayload:
    """AdoptAndAwaitConnection."""

    session_id: str
    execution_arn: str
    task_token: str


@dataclass(frozen=True, slots=True)
class AwaitSessionPayload:
    """AwaitSlot and AwaitEnd."""

    session_id: str
    awaits: Awaited
    task_token: str


@dataclass(frozen=True, slots=True)
class EndSessionPayload:
    """EndSession. `error`: the name of the error that the state machine caught."""

    session_id: str
    error: str


@dataclass(frozen=True, slots=True)
class ReleaseSlotPayload:
    """ReleaseSlot."""

    session_id: str
