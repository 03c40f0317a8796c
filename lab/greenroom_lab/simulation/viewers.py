"""Viewers: press Play, connect or not, drop, come back, leave, or are never seen again."""

from __future__ import annotations

from collections.abc import Callable

from greenroom.domain.errors import GreenroomError, QuotaExceeded, ViewerLimitReached
from greenroom.domain.session.session import Session, SessionState
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.session.request_session import SessionRequest, request_session

from greenroom_lab.simulation.agents import Agent
from greenroom_lab.simulation.world import Crash, World

LOOKS_AGAIN_S = (4, 9)
TIERS = {"vip": 120, "crew": 30}
"""Beside the standard one: head start in line, seconds."""


class Viewer:
    """One press of Play and what follows; a page that polls."""

    def __init__(self, world: World, name: str, token: str, agent_of: Callable[[str], Agent | None]) -> None:
        self.world, self.name, self.token, self.agent_of = world, name, token, agent_of
        self.session_id = ""
        self.tries = 0
        self.groups = frozenset({f"tier-{world.random.choice((*TIERS, 'standard', 'unheard-of'))}"})

    def press_play(self) -> None:
        """The same client token again after a failed call, and sometimes after one that was not."""
        self.tries += 1
        launch = SessionRequest(self.name, "acme", "demo", self.token, self.groups)
        try:
            launched = self.world.invoke(lambda: request_session(launch, self.world.ports))
        except ViewerLimitReached:
            return
        except QuotaExceeded:
            self.world.counts["quota_exceeded"] += 1
            return
        except (Crash, GreenroomError):
            if self.tries < 4 and self.world.random.random() < 0.7:
                self.world.after(1, 4, self.press_play)
            return
        self.world.counts["session"] += not launched.repeated
        if not self.session_id:
            self.session_id = launched.session.session_id
            self.world.after(1, 3, self._look)
        if self.world.strikes("doubled_event"):
            self.world.after(0.1, 3, self.press_play)

    def _look(self) -> None:
        session: Session = self.world.memory.session_rows[self.session_id]
        if not session.is_live:
            return
        if self.world.strikes("viewer_vanishes"):
            self._say(session, SlotEvent.DISCONNECTED)
            self._close_page(session)
            return
        self._act(session)
        self.world.after(*LOOKS_AGAIN_S, self._look)

    def _act(self, session: Session) -> None:
        chance = self.world.random.random()
        if chance < (0.04 if self.world.has_faults else 0.2):
            self._leave()
        elif session.state is SessionState.QUEUED and session.page_gone_at is not None:
            self._wait_on_the_socket()
        elif session.state in (SessionState.ASSIGNED, SessionState.DISCONNECTED):
            self._connect(session)
        elif session.state is SessionState.CONNECTED and chance < 0.08:
            self._say(session, SlotEvent.DISCONNECTED)
        elif session.state is SessionState.CONNECTED and chance < 0.09:
            self._say(session, SlotEvent.EXITED)

    def _leave(self) -> None:
        self.world.attempt(lambda: leave_session(self.session_id, self.name, self.world.ports), self._leave)

    def _wait_on_the_socket(self) -> None:
        connection = f"page-{self.world.random.getrandbits(40):x}"
        self.world.attempt(lambda: self.world.ports.sessions.join(self.session_id, connection, 0, None))

    def _close_page(self, session: Session) -> None:
        """Now and then nobody notices: API Gateway may never say so."""
        page = session.viewer_connection_id
        if page is not None and self.world.random.random() < 0.8:
            sessions, now = self.world.ports.sessions, self.world.now
            self.world.attempt(lambda: sessions.forget_connection(self.session_id, page, now))

    def _connect(self, session: Session) -> None:
        held = session.assignment
        if held is None:
            return
        connection = f"page-{self.world.random.getrandbits(40):x}"
        sessions = self.world.ports.sessions
        joined = self.world.attempt(lambda: sessions.join(self.session_id, connection, held.epoch, None))
        if joined is not None:
            self._say(joined.session, SlotEvent.CONNECTED)

    def _say(self, session: Session, event: SlotEvent) -> None:
        agent = self.agent_of(session.assignment.instance_id) if session.assignment else None
        if agent is not None:
            agent.of_session(session, event)
