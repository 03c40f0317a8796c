"""Repairs sessions in each pass of the reaper: those that are overdue, lost their slot, or have no state machine.

A pass is one run of the reaper, the repair that runs every 10 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.events import SessionRequested
from greenroom.domain.instance.evacuation import reason_of
from greenroom.domain.line.line import is_given_up
from greenroom.domain.session.session import SessionState, StatusReason, epoch_of, sources_of
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.times import iso
from greenroom.usecases.notify.answer_wait import answer_wait
from greenroom.usecases.session.end_session import end_overdue_session, give_up_place
from greenroom.usecases.session.migrate_session import migrate_session
from greenroom.usecases.session.release_slot import release_slot

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
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
        HasFleet,
        HasJournal,
        HasLine,
        HasMetrics,
        HasPools,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


GIVE_BACK_AFTER_S = 30
"""How long a session may be Ending before the reaper (the repair that runs every 10 s) gives its slot back, seconds.

Before that, the session's state machine should do so.
"""


def reconcile_session(session_id: str, ports: Ports) -> None:
    """Makes at most one repair of the session. The next pass (run of the reaper) makes the next repair."""
    try:
        session = ports.sessions.get(session_id)
    except NotFound:
        return  # the index that listed the session is outdated
    now = ports.now()
    if session.state is SessionState.ENDING:
        _give_back(session, now, ports)
    elif not session.is_live:
        return
    elif now >= session.deadline_at:
        end_overdue_session(session, ports)
    elif is_given_up(session, now):
        give_up_place(session, ports)
    elif session.state in sources_of(SessionState.MIGRATING) and not _has_its_slot(session, ports):
        migrate_session(session, _why_lost(session, ports), None, ports)
    else:
        if session.execution_arn is None and session.adopt_by is not None and now >= session.adopt_by:
            _announce(session, ports)
        answer_wait(session, ports)


def _give_back(session: Session, now: float, ports: Ports) -> None:
    answer_wait(session, ports)
    if now - session.transitions.get(SessionState.ENDING, now) > GIVE_BACK_AFTER_S:
        release_slot(session.session_id, ports)


def _has_its_slot(session: Session, ports: Ports) -> bool:
    """Whether the session still has the slot that is assigned to it; also True if no slot is assigned to it.

    After a restart of the instance, the slot has another epoch (fencing number, raised at each claim). After the loss
    of the instance, the slot has no row or is Retired.
    """
    if session.assignment is None:
        return True
    try:
        slot = ports.slots.get(session.assignment.slot_id)
    except NotFound:
        return False
    return slot.epoch == epoch_of(session) and slot.state is not SlotState.RETIRED


def _why_lost(session: Session, ports: Ports) -> StatusReason:
    try:
        return reason_of(ports.fleet.get(session.assignment.instance_id if session.assignment else ""))
    except NotFound:
        return StatusReason.INSTANCE_UNHEALTHY


def _announce(session: Session, ports: Ports) -> None:
    ports.bus.send(
        SessionRequested(
            session_id=session.session_id,
            pool_id=session.pool_id,
            application_id=session.application_id,
            requested_at=iso(session.requested_at),
        )
    )
