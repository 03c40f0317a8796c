"""Gives free slots (places on instances) to the sessions in line, in order.

A new session cannot bypass the sessions that wait.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound, SessionHasEnded, SlotLost
from greenroom.domain.events import SessionMigrated
from greenroom.domain.session.session import (
    WAITING_STATES,
    LeftSlot,
    SessionMove,
    SessionState,
    SlotAssignment,
    epoch_of,
    moved,
)
from greenroom.domain.slot.slot import CLAIM_LEASE_S
from greenroom.usecases.line.find_free_slots import find_free_slots
from greenroom.usecases.notify.answer_wait import answer_wait
from greenroom.usecases.notify.notify_peers import notify_page
from greenroom.usecases.pool.request_pass import slot_taken

if TYPE_CHECKING:
    from greenroom.domain.pool.pool import Pool
    from greenroom.domain.session.session import Session
    from greenroom.domain.slot.slot import FreeSlot, Slot
    from greenroom.ports.line import HasLine, LineTicket
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.session import HasClaims, HasSessions, Taken
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


PICTURE_LINGERS_S = 15
"""How long the slot that a moving session has left may still stream to the viewer, seconds.

The viewer needs this picture until the first frame of the new slot arrives.
"""
GONE_AT_ONCE = 100
"""How many places of sessions that no longer wait are removed from the line at most, while one slot is given away.

Later calls remove the other such places.
"""


def dispatch_line(pool_id: str, ports: Ports) -> int:
    """Gives free slots (places on instances) to the sessions in line, as long as there are both.

    Returns how many slots were given. Call this function once after a session joined the line, and once after a slot
    became free. Whichever call is made second sees both the session and the slot.
    """
    if ports.line.head(pool_id, ports.now()) is None:
        return 0
    return serve_line(ports.catalog.pool(pool_id), ports)


def serve_line(pool: Pool, ports: Ports) -> int:
    """Gives free slots to the sessions in line like `dispatch_line`, for callers who know that a session waits."""
    given = 0
    while _hand_over_one(pool, ports):
        given += 1
    return given


def _hand_over_one(pool: Pool, ports: Ports) -> bool:
    """Gives one free slot to the first session in line. Returns whether a session got a slot."""
    for free in find_free_slots(pool, ports):
        try:
            taken = hand_to_line(free, ports)
        except SlotLost:
            continue
        if taken is not None:
            slot_taken(pool, taken, ports)
        return taken is not None
    return False


def hand_to_line(slot: Slot | FreeSlot, ports: Ports) -> Taken | None:
    """Gives this slot to the first session in line that wants the slot's application.

    Returns None when no session wants the slot. Raises: SlotLost (the slot is not available any more).
    """
    for _ in range(GONE_AT_ONCE):
        ticket = ports.line.head(slot.pool_id, ports.now(), slot.application_id)
        if ticket is None:
            return None
        try:
            before = _waiting(ticket, ports)
            assigned = assign(before, slot, ports.now())
            taken = ports.claims.hand_over(ticket, slot, assigned, _left(before, ports.now()))
        except (SessionHasEnded, NotFound):
            ports.line.remove(ticket)  # the session has a slot already, or its viewer left: try the next session
            continue
        session = taken.session
        answer_wait(session, ports)
        notify_page(session, ports)
        _judge_eta(before, session, ports)
        if before.assignment is not None:
            ports.bus.send(_migrated(before.assignment, session, slot))
        return taken
    return None


def _waiting(ticket: LineTicket, ports: Ports) -> Session:
    """Returns the session that has this place in line.

    Raises: NotFound, SessionHasEnded (the session no longer waits).
    """
    session = ports.sessions.get(ticket.session_id)
    if session.state not in WAITING_STATES:
        raise SessionHasEnded(session.session_id)
    return session


def _left(session: Session, now: float) -> LeftSlot | None:
    return LeftSlot(session.assignment, now + PICTURE_LINGERS_S) if session.assignment else None


def _migrated(left: SlotAssignment, session: Session, slot: Slot | FreeSlot) -> SessionMigrated:
    return SessionMigrated(
        session_id=session.session_id,
        pool_id=session.pool_id,
        from_slot_id=left.slot_id,
        to_slot_id=slot.slot_id,
        migrations=session.migrations,
    )


def assign(session: Session, slot: Slot | FreeSlot, now: float) -> Session:
    """Returns the session with `slot` assigned to it, and with the deadline by which its viewer must connect.

    The epoch (fencing number) of the assignment is higher than the slot's and the session's epochs so far. So reports
    about the session's earlier slot are refused.
    """
    connect_by = now + session.limits.connection_timeout_s
    move = SessionMove(
        to=SessionState.ASSIGNED,
        at=now,
        sources=frozenset({SessionState.REQUESTED, *WAITING_STATES}),
        deadline_at=min(connect_by, session.ends_by or connect_by),
    )
    held = SlotAssignment(
        slot_id=slot.slot_id,
        instance_id=slot.instance_id,
        number=slot.number,
        epoch=max(slot.epoch, epoch_of(session)) + 1,
        instance_type=slot.instance_type,
        zone=slot.zone,
        market=slot.market,
    )
    return replace(moved(session, move), assignment=held, lease_until=now + CLAIM_LEASE_S)


def _judge_eta(before: Session, assigned: Session, ports: Ports) -> None:
    """Records how good the first forecast of the session's wait was, now that the session has a slot.

    `before`: the session while it waited. Only the wait for a first slot is judged, because a session that moves waits
    for a reason that no forecast could foresee.
    """
    from greenroom.domain.journal import session as journal  # only for a session that waited

    shown, at = before.eta_shown, assigned.transitions.get(SessionState.ASSIGNED)
    if before.state is not SessionState.QUEUED or shown is None or at is None:
        return
    wait_s, within = round(at - shown.at, 3), at <= shown.p90
    p50_s, p90_s = round(shown.p50 - shown.at, 3), round(shown.p90 - shown.at, 3)
    entry = journal.EtaJudged(assigned.session_id, assigned.pool_id, wait_s, p50_s, p90_s, within)
    ports.journal.append(entry, ports.now())
    ports.metrics.eta_judged(assigned.pool_id, wait_s, within)
