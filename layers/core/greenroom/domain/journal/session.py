"""Journal entries about sessions: how they ended, and how good the forecasts of their waits were."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.journal.entry import Entry, session_entity
from greenroom.domain.session.session import SessionState, StatusReason


@dataclass(frozen=True, slots=True)
class SessionEntry(Entry):
    """The base class of Journal entries about one session."""

    NAMED_BY_ENTITY = frozenset({"session_id"})

    session_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (session_entity(self.session_id),)


@dataclass(frozen=True, slots=True)
class SessionEnded(SessionEntry):
    """Records that a session has ended and gave back its slot and its quota units.

    `slot_id`: the last slot that the session held; None if it never held a slot.
    """

    status_reason: StatusReason
    state: SessionState
    slot_id: str | None


@dataclass(frozen=True, slots=True)
class EtaJudged(SessionEntry):
    """Records how good the first forecast of a session's wait in line was, now that the session has got its slot.

    `within`: whether the slot came no later than forecast as the p90 (the time by which nine in ten slots should come).
    """

    pool_id: str
    wait_s: float
    p50_s: float
    p90_s: float
    within: bool
