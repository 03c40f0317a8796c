"""Makes a state machine wait for a fact about a session, and answers at once if the fact has already happened.

A fact is that the session has a slot, that its viewer is connected, or that it is to end. A state machine waits by
storing its task token in the session's row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NoFreeSlot
from greenroom.domain.events import ReaperNeeded
from greenroom.domain.session.session import WAITING_STATES, SessionState
from greenroom.ports.session import PendingWait
from greenroom.usecases.line.dispatch_line import serve_line
from greenroom.usecases.notify.answer_wait import answer_wait

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.reaper import HasReaper
    from greenroom.ports.session import HasClaims, HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock, Rng

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
"""How much later a slot's lease (time limit of its claim) ends than the time by which the viewer must connect, seconds.

So a session whose viewer does not connect is ended before the lease of its slot runs out.
"""


def adopt_session(session_id: str, execution_arn: str, task_token: str, ports: Ports) -> Session:
    """Makes the calling execution of the state machine the only execution that drives the session.

    The execution then waits until the viewer is connected.
    Raises: NotFound, SessionAlreadyAdopted (another execution drives the session), NoFreeSlot (the session is in line:
    wait for a slot first), StaleEpoch (the session has lost its slot: undo).
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
    """Makes the session's state machine wait until the session gets a slot.

    Also gives free slots to the sessions in line once, because a slot may have become free before the wait was stored.
    Raises: NotFound.
    """
    session = ports.sessions.store_wait(session_id, PendingWait("slot", task_token))
    answer_wait(session, ports)
    if session.state in WAITING_STATES:
        serve_line(ports.catalog.pool(session.pool_id), ports)
    return session


def await_end(session_id: str, task_token: str, ports: Ports) -> Session:
    """Makes the session's state machine wait until the session is to end, for whatever reason.

    A viewer who disconnects and connects again does not end the wait. Raises: NotFound.
    """
    session = ports.sessions.store_wait(session_id, PendingWait("end", task_token))
    answer_wait(session, ports)
    return session
