"""What session_lifecycle sends to its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Awaited(StrEnum):
    """What an adopted session waits for."""

    SLOT = "slot"
    """A slot, while the session is in line."""
    END = "end"
    """The end of the session, or of its time in this slot. Reconnects do not end the wait."""


@dataclass(frozen=True, slots=True)
class AdoptSessionPayload:
    """The input of AdoptAndAwaitConnection."""

    session_id: str
    execution_arn: str
    task_token: str


@dataclass(frozen=True, slots=True)
class AwaitSessionPayload:
    """The input of AwaitSlot and AwaitEnd."""

    session_id: str
    awaits: Awaited
    task_token: str


@dataclass(frozen=True, slots=True)
class EndSessionPayload:
    """The input of EndSession. `error`: the name of the error that the state machine caught."""

    session_id: str
    error: str


@dataclass(frozen=True, slots=True)
class ReleaseSlotPayload:
    """The input of ReleaseSlot."""

    session_id: str
