"""Journal entries about sessions."""

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
    """The session has ended and gave back its slot and its quota units. `slot_id`: the last slot that it held."""

    status_reason: StatusReason
    state: SessionState
    slot_id: str | None


@dataclass(frozen=True, slots=True)
class EtaJudged(SessionEntry):
    """A session that waited in line got its slot: how good was the first forecast of its wait?

    `within`: whether the slot came no later than the p90 that the viewer was shown (nine in ten should).
    """

    pool_id: str
    wait_s: float
    p50_s: float
    p90_s: float
    within: bool
