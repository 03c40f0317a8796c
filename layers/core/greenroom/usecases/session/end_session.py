"""Ends a session for one reason: marks it as Ending, whatever its live state was, and notifies those who must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import IllegalTransition, NotFound
from greenroom.domain.line.line import order_of
from greenroom.domain.session.session import LIVE_STATES, SessionMove, SessionState, StatusReason, overdue_reason
from greenroom.ports.line import LineTicket
from greenroom.usecases.notify.answer_wait import answer_wait
from greenroom.usecases.notify.notify_peers import notify_page

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasTasks
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock

    class Ports(Clock, HasConnections, HasLine, HasSessions, HasSocket, HasTasks, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


ENDING_TIMEOUT_S = 60
"""How long a session may be Ending before it counts as overdue, seconds."""
_NEVER_ASSIGNED = frozenset({SessionState.REQUESTED, SessionState.QUEUED})


def end_session(session_id: str, reason: StatusReason, ports: Ports) -> Session:
    """Marks the session as Ending, and notifies its state machine and its viewer's page.

    If the session is ending or over already, its first reason is kept, and only the notifications are repeated.
    Raises: NotFound.
    """
    try:
        session = _end(session_id, reason, LIVE_STATES, ports)
    except IllegalTransition:
        session = ports.sessions.get(session_id)
    return _follow_up(session, ports)


def end_overdue_session(session: Session, ports: Ports) -> Session:
    """Ends a session that has not left its state by its deadline. The state determines the reason.

    If the state has changed since `session` was read, the session is left alone, because whatever changed the state
    still counts.
    Raises: NotFound.
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
    """Ends a session whose viewer gave no input for too long, as the agent reports.

    The report is ignored if the viewer disconnected or reloaded the page after the agent had sent the report. A session
    that is moving to another slot still shows the old slot's picture, so its viewer can be idle, too.
    `epoch`: the fencing number of the slot that the report is about. `join_number`: the number of the page that the
    report is about.
    Raises: NotFound, StaleEpoch (the session has another slot by now).
    """
    watched = frozenset({SessionState.CONNECTED, SessionState.MIGRATING})
    try:
        session = _end(session_id, StatusReason.IDLE_TIMEOUT, watched, ports, epoch, join_number)
    except IllegalTransition:
        session = ports.sessions.get(session_id)
    return session if session.is_live else _follow_up(session, ports)


def give_up_place(session: Session, ports: Ports) -> Session:
    """Cancels a session in line whose page has been disconnected for too long, so that the session loses its place.

    The session is left alone if its page has connected again, or if the session got a slot, since `session` was read.
    """
    try:
        waiting = frozenset({SessionState.QUEUED})
        ended = _end(session.session_id, StatusReason.CANCELLED, waiting, ports, page_gone_at=session.page_gone_at)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def end_held_session(session: Session, ports: Ports) -> Session:
    """Ends a session that waits for a scheduled event which will not take place.

    The session is left alone if it got a slot since `session` was read.
    """
    try:
        ended = _end(session.session_id, StatusReason.EVENT_ENDED, frozenset({SessionState.QUEUED}), ports)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def end_unserved_session(session: Session, ports: Ports) -> Session:
    """Ends a waiting session whose pool now serves another application.

    A session that is moving to another slot is left alone: its viewer still sees the picture of the old slot, and the
    move has a deadline of its own.
    """
    try:
        reason, waiting = StatusReason.CAPACITY_UNAVAILABLE, frozenset({SessionState.QUEUED})
        ended = _end(session.session_id, reason, waiting, ports)
    except IllegalTransition:
        return session
    return _follow_up(ended, ports)


def leave_session(session_id: str, viewer_id: str, ports: Ports) -> Session:
    """Ends a session because its viewer leaves it.

    The reason is `userLeft`, or `cancelled` if the session never had a slot. Raises: NotFound (also when the session
    belongs to another viewer).
    """
    if ports.sessions.get(session_id).viewer_id != viewer_id:
        raise NotFound("session", session_id)
    try:
        # The reason is not chosen from what was read: the session may get a slot between the read and the write.
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
    """Removes the place in line of a session that is Ending, and notifies the session's state machine and page.

    Every call that ends the session repeats this, because an earlier call may have died after it had marked the
    session.
    """
    if session.assignment is None or session.moving is not None:
        ports.line.remove(LineTicket(session.pool_id, session.session_id, order_of(session)))
    answer_wait(session, ports)
    notify_page(session, ports)
    return session
