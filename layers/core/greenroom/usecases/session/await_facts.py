"""A machine begins to wait: its token is stored, and answered at once when what it waits for is so already."""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.errors import NoFreeSlot
from greenroom.domain.events import ReaperNeeded
from greenroom.domain.session.session import WAITING_STATES, Session, SessionState
from greenroom.ports.line import HasLine
from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.reaper import HasReaper
from greenroom.ports.session import HasClaims, HasSessions, Wait
from greenroom.ports.slot import HasSlots
from greenroom.ports.socket import HasConnections, HasSocket
from greenroom.ports.world import Clock, Dice
from greenroom.usecases.line.dispatch_line import serve_line
from greenroom.usecases.notify.answer_wait import answer_wait


class Ports(
    Clock,
    Dice,
    HasBus,
    HasCatalog,
    HasClaims,
    HasConnections,
    HasJournal,
    HasLine,
    HasMetrics,
    HasPools,
    HasReaper,
    HasSessions,
    HasSlots,
    HasSocket,
    HasTasks,
    Protocol,
):
    """What is reached here, callees included."""


LEASE_GRACE_S = 15
"""How long a slot's lease outlives the connection deadline, so that the deadline decides and not the lease."""


def adopt_session(session_id: str, execution_arn: str, task_token: str, ports: Ports) -> Session:
    """This execution drives the session from now on, and waits for its viewer's connection.

    Raises: NotFound, SessionAlreadyAdopted (another execution), NoFreeSlot (in line: await a slot first),
    StaleEpoch (the slot was lost: undo).
    """
    session = ports.sessions.store_wait(session_id, Wait("connection", task_token, execution_arn))
    if not ports.reaper.is_held(ports.now()):
        ports.bus.send(ReaperNeeded(cause="sessionAdopted"))
    if session.state in WAITING_STATES:
        raise NoFreeSlot(session.pool_id)
    if session.state is SessionState.ASSIGNED and (held := session.assignment):
        until = session.deadline_at + LEASE_GRACE_S
        ports.slots.extend_lease(held.slot_id, session.session_id, held.epoch, until)
    answer_wait(session, ports)
    return session


def await_slot(session_id: str, task_token: str, ports: Ports) -> Session:
    """Wait in line. Dispatches once: a slot may have come free since. Raises: NotFound."""
    session = ports.sessions.store_wait(session_id, Wait("slot", task_token))
    answer_wait(session, ports)
    if session.state in WAITING_STATES:
        serve_line(ports.catalog.pool(session.pool_id), ports)
    return session


def await_end(session_id: str, task_token: str, ports: Ports) -> Session:
    """Wait until the end is decided; reconnects stay inside this wait. Raises: NotFound."""
    session = ports.sessions.store_wait(session_id, Wait("end", task_token))
    answer_wait(session, ports)
    return session
