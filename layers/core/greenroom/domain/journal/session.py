"""The Journal of a session."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.journal.entry import Entry, session_entity
from greenroom.domain.session.session import SessionState, StatusReason


@dataclass(frozen=True, slots=True)
class SessionEntry(Entry):
    """About one session."""

    NAMED_BY_ENTITY = frozenset({"session_id"})

    session_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (session_entity(self.session_id),)


@dataclass(frozen=True, slots=True)
class SessionEnded(SessionEntry):
    """The session is over and everything was given back; `slot_id`: the last one that it held."""

    status_reason: StatusReason
    state: SessionState
    slot_id: str | None


@dataclass(frozen=True, slots=True)
class EtaJudged(SessionEntry):
    """The first forecast of a wait beside how long it was; `within`: the slot came by the p90 that was shown."""

    pool_id: str
    wait_s: float
    p50_s: float
    p90_s: float
    within: bool
