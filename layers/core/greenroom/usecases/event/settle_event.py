"""Makes a pool's reservation for an event what the event's row says.

This is done after each step, edit and cancellation, and again by every later look. The row is the truth, and the
reservation is set to it, never incremented. So after a step that died half-way, ran twice or ran late, the reservation
still ends up as the row says.
"""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.event.scheduled_event import EventState, ScheduledEvent
from greenroom.domain.events import ReaperNeeded
from greenroom.domain.journal import event as journal
from greenroom.ports.event import HasEvents
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.pool import HasPools, PoolRows
from greenroom.ports.reaper import HasReaper
from greenroom.ports.world import Clock
from greenroom.usecases.pool.request_pass import request_pass


class Ports(Clock, HasBus, HasEvents, HasJournal, HasPools, HasReaper, Protocol):
    """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


GIVE_BACK_WITHIN_S = 1800
"""How long after an event's end its slots may go without waiting for the scale-in clock.

Slots whose viewers stay longer wait for that clock.
"""
ROUNDS = 6


def settle_event(event_id: str, ports: Ports) -> ScheduledEvent:
    """Sets the reservation until it is what the row says, and returns the event.

    A change of the row while the reservation is being set is seen by the next round.
    Raises: NotFound.
    """
    event = ports.events.get(event_id)
    for _ in range(ROUNDS):
        if not settle(event, ports.pools.read(event.pool_id), ports):
            break
        event = ports.events.get(event_id)
    return event


def settle(event: ScheduledEvent, rows: PoolRows, ports: Ports) -> bool:
    """Sets the reservation if it is not what the row says. Returns whether the pool had to be changed."""
    held = rows.reservations.get(event.event_id)
    if not event.has_reservation:
        return held is not None and _give_back(event, ports)
    if held is not None and held.taken_at is not None and event.state is EventState.WARMING:
        _give_back(event, ports)  # it was postponed after it had opened: reserved again, and whole
        held = None
    is_set = held is not None and held.slots == event.expected_sessions
    if not is_set:
        before = held.slots if held else 0
        until = ports.now() + GIVE_BACK_WITHIN_S
        ports.pools.reserve_for_event(event.pool_id, event.event_id, event.expected_sessions, until)
        entry = journal.EventWarmed(event.event_id, event.pool_id, event.expected_sessions, before)
        _ask(event, "eventWarmed", entry, ports)
    opens = event.state is EventState.OPEN and (held is None or held.taken_at is None)
    if opens:
        ports.pools.open_event(event.pool_id, event.event_id)
        ports.journal.append(journal.EventOpened(event.event_id, event.pool_id), ports.now())
    return opens or not is_set


def _give_back(event: ScheduledEvent, ports: Ports) -> bool:
    """Ends the reservation and gives its slots back without waiting for the scale-in clock. Running sessions go on."""
    given = ports.pools.end_event(event.pool_id, event.event_id, ports.now() + GIVE_BACK_WITHIN_S)
    if given:
        _ask(event, "eventGivenBack", journal.EventGivenBack(event.event_id, event.pool_id, event.state), ports)
    return given


def _ask(event: ScheduledEvent, cause: str, entry: journal.EventWarmed | journal.EventGivenBack, ports: Ports) -> None:
    """Records the entry, then requests a planning pass.

    A reservation keeps the reaper awake, so it is started if necessary.
    """
    ports.journal.append(entry, ports.now())
    request_pass(event.pool_id, cause, ports)
    if not ports.reaper.is_held(ports.now()):
        ports.bus.send(ReaperNeeded(cause=cause))
