"""Lines in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from greenroom.domain.line.line import order_of
from greenroom.domain.session.session import WAITING_STATES, Session, SessionState
from greenroom.ports.line import LineTicket

from greenroom_lab.memory.store import Memory


class MemoryLine:
    """ports.Line."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def head(self, pool_id: str, now: float = inf, application_id: str | None = None) -> LineTicket | None:
        self.memory.step("line.head")
        with self.memory.lock:
            rows = self.memory.line_rows
            ready = (key for key in rows if key[0] == pool_id and (rows[key].not_before or 0) <= now)
            waiting = sorted(key for key in ready if application_id in (None, rows[key].application_id))
            return self.memory.line_rows[waiting[0]] if waiting else None

    def place_of(self, session: Session) -> int:
        with self.memory.lock:
            own = (session.pool_id, order_of(session), session.session_id)
            return 1 + sum(key[0] == session.pool_id and key < own for key in self.memory.line_rows)

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        with self.memory.lock:
            return [each for each in self.nearest(pool_id, len(self.memory.line_rows)) if (each.not_before or 0) > now]

    def postpone(self, session: Session, not_before: float | None, deadline_at: float) -> bool:
        self.memory.step("line.postpone")
        with self.memory.lock:
            key = (session.pool_id, order_of(session), session.session_id)
            current = self.memory.session_rows[session.session_id]
            held = current.state is SessionState.QUEUED and current.not_before == session.not_before
            if not held or key not in self.memory.line_rows:
                return False
            self.memory.session_rows[session.session_id] = replace(
                current, not_before=not_before, deadline_at=deadline_at, version=current.version + 1
            )
            self.memory.line_rows[key] = replace(self.memory.line_rows[key], not_before=not_before)
            return True

    def nearest(self, pool_id: str, most: int) -> Sequence[LineTicket]:
        with self.memory.lock:
            return [self.memory.line_rows[key] for key in sorted(self.memory.line_rows) if key[0] == pool_id][:most]

    def length(self, pool_id: str) -> int:
        with self.memory.lock:
            return sum(key[0] == pool_id for key in self.memory.line_rows)

    def remove(self, ticket: LineTicket) -> None:
        self.memory.step("line.remove")
        with self.memory.lock:
            session = self.memory.session_rows.get(ticket.session_id)
            if session is not None and session.state in WAITING_STATES:
                return
            self.memory.line_rows.pop((ticket.pool_id, ticket.order_at, ticket.session_id), None)


def _ticket_of(session: Session) -> LineTicket:
    place = (session.pool_id, session.session_id, order_of(session), session.not_before)
    return LineTicket(*place, application_id=session.application_id)
