"""Decide that a session ends: in every live state, once, for one reason."""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.errors import IllegalTransition, NotFound
from greenroom.domain.line.line import order_of
from greenroom.domain.session.session import (
    LIVE_STATES,
    Session,
    SessionMove,
    SessionState,
    StatusReason,
    overdue_reason,
)
from greenroom.ports.line import HasLine, LineTicket
from greenroom.ports.notify import HasTasks
from greenroom.ports.session import HasSessions
from greenroom.ports.socket import HasConnections, HasSocket
from greenroom.ports.world import Clock
from greenroom.usecases.notify.answer_wait import answer_wait
from greenroom.usecases.notify.tell_peers import tell_page


class Ports(Clock, HasConnections, HasLine, HasSessions, HasSocket, HasTasks, Protocol):
    """What is reached here, callees included."""


ENDING_TIMEOUT_S = 60
"""How long the machine may take to give the slot back before the reaper does."""
_NEVER_ASSIGNED = frozenset({SessionState.REQUESTED, SessionState.QUEUED})


def end_session(session_id: str, reason: StatusReason, ports: Ports) -> Session:
    """-> Ending, and the machine is told; a session that is ending or over stays as it is. Raises: NotFound."""
    try:
        session = _end(session_id, reason, LIVE_STATES, ports)
    except IllegalTransition:
        session = ports.sessions.get(session_id)
    return _follow_up(session, ports)


def end_overdue_session(session: Session, ports: Ports) -> Session:
    """End a session that stayed in its state past its deadline, as that state's reason says.

    Only while it is still in the state it was read in: a fact that came meanwhile wins. Raises: NotFound.
    """
    if not session.is_live:
        return session
    try:
        reason = overdue_reason(session, ports.now())
        ended = _end(session.session_id, reason, frozenset({session.state}), ports)
    except IllegalTransition:
        return ports.sessions.get(session.session_id)
    return _follow_up(ended, ports)


def end_idle_session(session_id: str, epoch: int, join_number: int | None, ports: Ports) -> Session:
    """Nobody gave this page any input for too long. Late word, of a viewer who dropped or reloaded since, is ignored.

    A session that is moving still shows its old picture, and may be idled at there. Raises: NotFound, StaleEpoch.
    """
    watched = frozenset({SessionState.CONNECTED, SessionState.MIGRATING})
    try:
        session = _end(session_id, StatusReason.IDLE_TIMEOUT, watched, ports, epoch, join_number)
    except IllegalTransition:
        session = ports.sessions.get(session_id)
    return session if session.is_live else _follow_up(session, ports)


def give_up_place(session: Session, ports: Ports) -> Session:
    """Cancel a session whose page stayed away; not if it came back, or got its slot, since it was read."""
    try:
        waiting = frozenset({SessionState.QUEUED})
        ended = _end(session.session_id, StatusReason.CANCELLED, waiting, ports, page_gone_at=session.page_gone_at)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def end_held_session(session: Session, ports: Ports) -> Session:
    """The event that it waits for in line will not begin; not if it got a slot since it was read."""
    try:
        ended = _end(session.session_id, StatusReason.EVENT_ENDED, frozenset({SessionState.QUEUED}), ports)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def end_unserved_session(session: Session, ports: Ports) -> Session:
    """Its pool no longer serves its application. One that moves keeps its picture and its own deadline."""
    try:
        reason, waiting = StatusReason.CAPACITY_UNAVAILABLE, frozenset({SessionState.QUEUED})
        ended = _end(session.session_id, reason, waiting, ports)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def leave_session(session_id: str, viewer_id: str, ports: Ports) -> Session:
    """The viewer goes: `userLeft`, or `cancelled` while no slot was ever held.

    Raises: NotFound (also someone else's).
    """
    if ports.sessions.get(session_id).viewer_id != viewer_id:
        raise NotFound(session_id)
    try:
        # Two writes rather than a reason chosen from a read: a slot may be handed over in between.
        session = _end(session_id, StatusReason.CANCELLED, _NEVER_ASSIGNED, ports)
    except IllegalTransition:
        return end_session(session_id, StatusReason.USER_LEFT, ports)
    return _follow_up(session, ports)


def _end(
    session_id: str,
    reason: StatusReason,
    sources: frozenset[SessionState],
    ports: Ports,
    epoch: int | None = None,
    join_number: int | None = None,
    page_gone_at: float | None = None,
) -> Session:
    now = ports.now()
    move = SessionMove(
        to=SessionState.ENDING,
        at=now,
        sources=sources,
        deadline_at=now + ENDING_TIMEOUT_S,
        status_reason=reason,
        page_gone_at=page_gone_at,
        epoch=epoch,
        join_number=join_number,
    )
    return ports.sessions.move(session_id, move)


def _follow_up(session: Session, ports: Ports) -> Session:
    """What must follow the decision; repeated by every caller, because the first may have died before it."""
    if session.assignment is None or session.moving is not None:
        ports.line.remove(LineTicket(session.pool_id, session.session_id, order_of(session)))
    answer_wait(session, ports)
    tell_page(session, ports)
    return session
