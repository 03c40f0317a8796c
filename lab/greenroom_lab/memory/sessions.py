"""Sessions in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from greenroom.domain.errors import SessionAlreadyAdopted, SessionHasEnded, StaleEpoch
from greenroom.domain.session.eta import Eta, EtaShown
from greenroom.domain.session.session import TERMINAL_STATES, WAITING_STATES, Session, SessionMove, epoch_of, moved
from greenroom.ports.session import Joined, PendingWait

from greenroom_lab.memory.store import Memory


class MemorySessions:
    """ports.Sessions."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, session_id: str) -> Session:
        self.memory.step("sessions.get")
        with self.memory.lock:
            return self.memory.find("session", self.memory.session_rows, session_id)

    def list_of_viewer(self, viewer_id: str, limit: int) -> Sequence[Session]:
        with self.memory.lock:
            own = [each for each in self.memory.session_rows.values() if each.viewer_id == viewer_id]
        return sorted(own, key=lambda each: each.requested_at, reverse=True)[:limit]

    def move(self, session_id: str, move: SessionMove) -> Session:
        self.memory.step("sessions.move")
        with self.memory.lock:
            return self._put(moved(self.memory.find("session", self.memory.session_rows, session_id), move))

    def store_wait(self, session_id: str, wait: PendingWait) -> Session:
        self.memory.step("sessions.store_wait")
        with self.memory.lock:
            session = self.memory.find("session", self.memory.session_rows, session_id)
            arn = wait.execution_arn or session.execution_arn
            if session.execution_arn not in (None, arn):
                raise SessionAlreadyAdopted(session_id)
            return self._put(replace(session, awaits=wait.awaits, task_token=wait.task_token, execution_arn=arn))

    def join(self, session_id: str, connection_id: str, epoch: int, resume_join: int | None) -> Joined:
        self.memory.step("sessions.join")
        with self.memory.lock:
            session = self.memory.find("session", self.memory.session_rows, session_id)
            if not session.is_live:
                raise SessionHasEnded(session_id)
            if epoch_of(session) != epoch:
                raise StaleEpoch("session", session_id)
            resumed = resume_join is not None and resume_join == session.join_number
            number = session.join_number if resumed else session.join_number + 1
            before = session.viewer_connection_id
            after = self._put(
                replace(session, join_number=number, viewer_connection_id=connection_id, page_gone_at=None)
            )
            return Joined(after, before if before != connection_id else None)

    def record_eta(self, session_id: str, eta: Eta) -> bool:
        self.memory.step("sessions.record_eta")
        with self.memory.lock:
            session = self.memory.session_rows.get(session_id)
            if session is None or session.state not in WAITING_STATES:
                return False
            self._put(replace(session, eta=eta, eta_shown=session.eta_shown or EtaShown(eta.p50, eta.p90, eta.at)))
            return True

    def forget_connection(self, session_id: str, connection_id: str, now: float) -> bool:
        with self.memory.lock:
            session = self.memory.session_rows.get(session_id)
            if session is None or session.viewer_connection_id != connection_id:
                return False
            self._put(replace(session, viewer_connection_id=None, page_gone_at=now))
            return True

    def _put(self, session: Session) -> Session:
        self.memory.session_rows[session.session_id] = session
        return session


class MemoryLiveSessions:
    """ports.LiveSessions."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def list_ids(self, limit: int) -> Sequence[str]:
        with self.memory.lock:
            live = [each for each in self.memory.session_rows.values() if each.state not in TERMINAL_STATES]
        return [each.session_id for each in sorted(live, key=lambda each: each.deadline_at)][:limit]
