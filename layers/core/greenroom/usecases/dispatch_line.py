"""Give free slots to those who wait, oldest first. Nobody who asks later overtakes the line."""

from __future__ import annotations

from dataclasses import replace

from greenroom.domain.errors import NotFound, SessionHasEnded, SlotLost
from greenroom.domain.session import Session, SessionMove, SessionState, SlotAssignment, moved
from greenroom.domain.slot import CLAIM_LEASE_S, FreeSlot, Slot
from greenroom.ports import LineTicket, Ports
from greenroom.usecases.answer_wait import answer_wait
from greenroom.usecases.find_free_slots import find_free_slots
from greenroom.usecases.request_pass import slot_taken
from greenroom.usecases.tell_peers import tell_page

GONE_AT_ONCE = 100
"""How many places in line of ended sessions one dispatch clears away before it leaves the rest to the next."""


def dispatch_line(pool_id: str, ports: Ports) -> int:
    """Hand free slots to the line while there are both; returns how many.

    Call it once after a place in line was written, and after a slot was published: whichever comes second sees both.
    """
    given = 0
    if ports.line.head(pool_id) is None:
        return given
    for free in find_free_slots(pool_id, ports, spread=False):
        try:
            if hand_to_line(free, ports) is None:
                return given
        except SlotLost:
            continue
        slot_taken(ports.catalog.pool(pool_id), ports)
        given += 1
        if ports.line.head(pool_id) is None:
            return given
    return given


def hand_to_line(slot: Slot | FreeSlot, ports: Ports) -> Session | None:
    """Give this slot to the head of the line; None when nobody waits. Raises: SlotLost."""
    for _ in range(GONE_AT_ONCE):
        ticket = ports.line.head(slot.pool_id)
        if ticket is None:
            return None
        try:
            session = ports.claims.hand_over(ticket, slot, _assigned(ticket, slot, ports))
        except (SessionHasEnded, NotFound):
            ports.line.remove(ticket)  # assigned by another dispatch, or it left: the next one, please
            continue
        answer_wait(session, ports)
        tell_page(session, ports)
        return session
    return None


def _assigned(ticket: LineTicket, slot: Slot | FreeSlot, ports: Ports) -> Session:
    """The session as it will be. Raises: NotFound, SessionHasEnded."""
    session, now = ports.sessions.get(ticket.session_id), ports.now()
    if session.state is not SessionState.QUEUED:
        raise SessionHasEnded(session.session_id)
    return assign(session, slot, now)


def assign(session: Session, slot: Slot | FreeSlot, now: float) -> Session:
    """The session holding `slot`, with the time it has to connect."""
    move = SessionMove(
        to=SessionState.ASSIGNED,
        at=now,
        sources=frozenset({SessionState.REQUESTED, SessionState.QUEUED}),
        deadline_at=now + session.limits.connection_timeout_s,
    )
    held = SlotAssignment(
        slot_id=slot.slot_id,
        instance_id=slot.instance_id,
        number=slot.number,
        epoch=slot.epoch + 1,
        instance_type=slot.instance_type,
        zone=slot.zone,
        market=slot.market,
    )
    return replace(moved(session, move), assignment=held, lease_until=now + CLAIM_LEASE_S)
