"""Stores the pending wait of a state machine, and answers it at once if what it waits for is already there."""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.errors import NoFreeSlot
from greenroom.domain.events import ReaperNeeded
from greenroom.domain.session.session import WAITING_STATES, Session, SessionState
from greenroom.ports.line import HasLine
from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.reaper import HasReaper
from greenroom.ports.session import HasClaims, HasSessions, PendingWait
from greenroom.ports.slot import HasSlots
from greenroom.ports.socket import HasConnections, HasSocket
from greenroom.ports.world import Clock, Rng
from greenroom.usecases.line.dispatch_line import serve_line
from greenroom.usecases.notify.answer_wait import answer_wait


class Ports(
    Clock,
    Rng,
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
    """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


LEASE_GRACE_S = 15
"""How much later than the connection deadline a slot's lease ends, so that the deadline takes effect first."""


def adopt_session(session_id: str, execution_arn: str, task_token: str, ports: Ports) -> Session:
    """Makes this execution the one that drives the session. It then waits for the viewer's connection.

    Raises: NotFound, SessionAlreadyAdopted (by another execution), NoFreeSlot (the session is in line: await a slot
    first), StaleEpoch (the slot was lost: undo).
    """
    session = ports.sessions.store_wait(session_id, PendingWait("connection", task_token, execution_arn))
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
    """Makes the execution wait for a slot. Dispatches once, because a slot may have become free before.

    Raises: NotFound.
    """
    session = ports.sessions.store_wait(session_id, PendingWait("slot", task_token))
    answer_wait(session, ports)
    if session.state in WAITING_STATES:
        serve_line(ports.catalog.pool(session.pool_id), ports)
    return session


def await_end(session_id: str, task_token: str, ports: Ports) -> Session:
    """Makes the execution wait until the session is told to end. Reconnects do not end this wait. Raises: NotFound."""
    session = ports.sessions.store_wait(session_id, PendingWait("end", task_token))
    answer_wait(session, ports)
    return session
