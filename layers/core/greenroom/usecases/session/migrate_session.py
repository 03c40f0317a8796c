"""Moves a session to another slot because its present slot is being lost. The viewer keeps the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import IllegalTransition, StaleEpoch
from greenroom.domain.session.session import MOST_MIGRATIONS, Moving, SessionState, sources_of
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.notify.answer_wait import answer_wait
from greenroom.usecases.notify.notify_peers import notify_page
from greenroom.usecases.pool.request_pass import request_pass
from greenroom.usecases.session.end_session import end_session

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session, StatusReason
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.session import HasClaims, HasSessions
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
        HasSessions,
        HasSocket,
        HasTasks,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def migrate_session(session: Session, reason: StatusReason, picture_until: float | None, ports: Ports) -> None:
    """Marks the session as Migrating, notifies its viewer, and gives it another slot at once if a slot is free.

    Without a free slot, the session waits in line for another slot. `session`: as it was read, still with the slot that
    is being lost. `picture_until`: until when that slot can stream to the viewer, epoch seconds; None: unknown, or not
    at all.
    Repeating the call finishes what an earlier call began. A session that was moved too often is ended for `reason`
    instead. A session that is ending, or that got another slot since it was read, is left alone.
    """
    if session.state is SessionState.MIGRATING:
        return _follow_up(session, ports)
    if session.state not in sources_of(SessionState.MIGRATING):
        return None
    if session.migrations >= MOST_MIGRATIONS:
        end_session(session.session_id, reason, ports)
        return None
    now = ports.now()
    found_by = now + session.limits.placement_timeout_s
    deadline_at = min(found_by, session.ends_by or found_by)
    try:
        moving = ports.claims.migrate(session, Moving(now, picture_until, reason), deadline_at)
    except (StaleEpoch, IllegalTransition):
        return None
    _follow_up(moving, ports)
    request_pass(session.pool_id, "sessionMoved", ports)
    return None


def held_session(slot: Slot, ports: Ports) -> Session | None:
    """Returns the session that has this slot; None when no session has the slot.

    The slot's row and the session's row must both say so, with the same epoch (fencing number, raised at each claim).
    Raises: NotFound.
    """
    session = ports.sessions.get(slot.session_id) if slot.session_id is not None else None
    held = session.assignment if session is not None else None
    return session if held is not None and (held.slot_id, held.epoch) == (slot.slot_id, slot.epoch) else None


def _follow_up(session: Session, ports: Ports) -> None:
    """Notifies the state machine and the viewer of a moving session, and gives free slots to the sessions in line.

    The moving session is in line, too. The viewer is notified first, because the search for a slot takes time and may
    find nothing.
    """
    answer_wait(session, ports)
    notify_page(session, ports, ports.line.place_of(session))
    dispatch_line(session.pool_id, ports)
