"""Gives back what a session holds: its slot, its units of quotas, its place in line. The last step of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.events import SessionEnded
from greenroom.domain.journal import session as journal
from greenroom.domain.session.session import SessionState, StatusReason
from greenroom.domain.session.session_length import length_of
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.times import iso
from greenroom.usecases.notify.notify_peers import notify_agent_of_slot, notify_page
from greenroom.usecases.pool.request_pass import request_pass
from greenroom.usecases.session.end_session import end_session

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasTasks
    from greenroom.ports.pool import HasPools
    from greenroom.ports.session import HasClaims, HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock

    class Ports(
        Clock,
        HasBus,
        HasClaims,
        HasConnections,
        HasJournal,
        HasLine,
        HasPools,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def release_slot(session_id: str, ports: Ports) -> Session:
    """Moves the session from Ending to Ended or Failed, and gives back what the session holds. Idempotent.

    A session holds a slot, units of quotas (limits, such as the number of sessions of a tenant), or a place in line. If
    nobody has ended the session yet, it is ended with the reason internalError. Raises: NotFound.
    """
    session = ports.sessions.get(session_id)
    if session.is_live:
        session = end_session(session_id, StatusReason.INTERNAL_ERROR, ports)
    over = ports.claims.release(session, ports.now())
    if session.state is SessionState.ENDING:
        _record_length(over, ports)
    _announce(over, ports)
    _notify_agent(over, ports)
    notify_page(over, ports)
    return over


def _record_length(over: Session, ports: Ports) -> None:
    """Records how long the session lasted, for the forecasts of how long other viewers must wait."""
    length = length_of(over)
    if length is not None:
        ports.pools.record_length(over.pool_id, length)


def _notify_agent(session: Session, ports: Ports) -> None:
    """Asks the agent of the session's former slot to start a fresh process in the slot.

    If the message is lost, the answer to the agent's next heartbeat says the same.
    """
    if session.assignment is None:
        return
    try:
        slot = ports.slots.get(session.assignment.slot_id)
    except NotFound:
        return  # the slot's row was removed with its instance's
    if slot.epoch == session.assignment.epoch and slot.state in (SlotState.RESETTING, SlotState.RETIRED):
        notify_agent_of_slot(slot, ports)
        if slot.state is SlotState.RETIRED:
            request_pass(session.pool_id, "slotRetired", ports)


def _announce(session: Session, ports: Ports) -> None:
    reason, now = session.status_reason or StatusReason.INTERNAL_ERROR, ports.now()
    ended_at = iso(session.transitions.get(session.state, now))
    ports.journal.append(journal.SessionEnded(session.session_id, reason, session.state, _slot_id(session)), now)
    ports.bus.send(
        SessionEnded(
            session_id=session.session_id,
            pool_id=session.pool_id,
            application_id=session.application_id,
            status_reason=str(reason),
            ended_at=ended_at,
        )
    )


def _slot_id(session: Session) -> str | None:
    return session.assignment.slot_id if session.assignment else None
