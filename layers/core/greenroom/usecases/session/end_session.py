"""Tells a session to end: from every live state, once, for one reason."""

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
from greenroom.usecases.notify.notify_peers import notify_page


class Ports(Clock, HasConnections, HasLine, HasSessions, HasSocket, HasTasks, Protocol):
    """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


ENDING_TIMEOUT_S = 60
"""How long a session may be Ending until it is overdue."""
_NEVER_ASSIGNED = frozenset({SessionState.REQUESTED, SessionState.QUEUED})


def end_session(session_id: str, reason: StatusReason, ports: Ports) -> Session:
    """Moves the session to Ending, and tells its state machine and page.

    A session that is ending or over is returned as it is. Raises: NotFound.
    """
    try:
        session = _end(session_id, reason, LIVE_STATES, ports)
    except IllegalTransition:
        session = ports.sessions.get(session_id)
    return _follow_up(session, ports)


def end_overdue_session(session: Session, ports: Ports) -> Session:
    """Ends a session that stayed in its state past its deadline, with the reason that belongs to that state.

    It ends only if it is still in the state that was read: a fact that came in the meantime wins. Raises: NotFound.
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
    """Ends a session whose page had no input for too long.

    A late report is ignored if the viewer dropped or reloaded since. A session that is moving still shows its old
    picture, so it can be idle there. Raises: NotFound, StaleEpoch.
    """
    watched = frozenset({SessionState.CONNECTED, SessionState.MIGRATING})
    try:
        session = _end(session_id, StatusReason.IDLE_TIMEOUT, watched, ports, epoch, join_number)
    except IllegalTransition:
        session = ports.sessions.get(session_id)
    return session if session.is_live else _follow_up(session, ports)


def give_up_place(session: Session, ports: Ports) -> Session:
    """Cancels a waiting session whose page stayed away.

    Not if the page came back, or it got a slot, since it was read.
    """
    try:
        waiting = frozenset({SessionState.QUEUED})
        ended = _end(session.session_id, StatusReason.CANCELLED, waiting, ports, page_gone_at=session.page_gone_at)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def end_held_session(session: Session, ports: Ports) -> Session:
    """Ends a waiting session whose event will not take place. Not if it got a slot since it was read."""
    try:
        ended = _end(session.session_id, StatusReason.EVENT_ENDED, frozenset({SessionState.QUEUED}), ports)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def end_unserved_session(session: Session, ports: Ports) -> Session:
    """Ends a waiting session whose pool now serves another application.

    A session that is moving is left alone: it keeps its picture, and has a deadline of its own.
    """
    try:
        reason, waiting = StatusReason.CAPACITY_UNAVAILABLE, frozenset({SessionState.QUEUED})
        ended = _end(session.session_id, reason, waiting, ports)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def leave_session(session_id: str, viewer_id: str, ports: Ports) -> Session:
    """Ends the session because its viewer leaves: `userLeft`, or `cancelled` if it never had a slot.

    Raises: NotFound (also when the session is someone else's).
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
    """Does what must follow the move to Ending. Every caller repeats it, because the first may have died before it."""
    if session.assignment is None or session.moving is not None:
        ports.line.remove(LineTicket(session.pool_id, session.session_id, order_of(session)))
    answer_wait(session, ports)
    notify_page(session, ports)
    return session
