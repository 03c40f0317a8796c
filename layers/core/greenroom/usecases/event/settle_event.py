"""Sets a pool's reservation for an event (slots kept for the event's sessions) to what the event's row says.

This is done after every step, edit and cancellation of the event, and repeated by every later call. The reservation is
set, never incremented. So it becomes right even after a step that died half-way, ran twice or ran late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.event.scheduled_event import EventState
from greenroom.domain.events import ReaperNeeded
from greenroom.domain.journal import event as journal
from greenroom.usecases.pool.request_pass import request_pass

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent
    from greenroom.ports.event import HasEvents
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasPools, PoolRows
    from greenroom.ports.reaper import HasReaper
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasEvents, HasJournal, HasPools, HasReaper, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


GIVE_BACK_WITHIN_S = 1800
"""How long after an event's end its instances may be terminated without the usual delay (the scale-in clock), seconds.

Instances whose viewers stay longer are terminated after the usual delay.
"""
ROUNDS = 6
"""How often one call of `settle_event` sets the reservation at most, while others keep changing the event's row."""


def settle_event(event_id: str, ports: Ports) -> ScheduledEvent:
    """Sets the pool's reservation (slots kept for the event) to what the event's row says, and returns the event.

    If others change the row meanwhile, the reservation is set again. Raises: NotFound.
    """
    event = ports.events.get(event_id)
    for _ in range(ROUNDS):
        if not settle(event, ports.pools.read(event.pool_id), ports):
            break
        event = ports.events.get(event_id)
    return event


def settle(event: ScheduledEvent, rows: PoolRows, ports: Ports) -> bool:
    """Sets the pool's reservation (slots kept for the event) to what `event` says, unless it is right already.

    `rows`: the pool's rows, with its present reservations. Returns whether the pool had to be changed.
    """
    held = rows.reservations.get(event.event_id)
    if not event.has_reservation:
        return held is not None and _give_back(event, ports)
    if held is not None and held.taken_at is not None and event.state is EventState.WARMING:
        _give_back(event, ports)  # the event was postponed after it had opened: all its slots are reserved again
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
    """Ends the pool's reservation (slots kept for the event). Returns whether the pool still had this reservation.

    Unused slots may then be removed without the usual delay. Running sessions continue.
    """
    given = ports.pools.end_event(event.pool_id, event.event_id, ports.now() + GIVE_BACK_WITHIN_S)
    if given:
        _ask(event, "eventGivenBack", journal.EventGivenBack(event.event_id, event.pool_id, event.state), ports)
    return given


def _ask(event: ScheduledEvent, cause: str, entry: journal.EventWarmed | journal.EventGivenBack, ports: Ports) -> None:
    """Records the entry in the Journal (an append-only log), and requests a planning pass (a run of the planner).

    Also starts the reaper (the repair that runs every 10 s) if it is not running, because the reaper must run while a
    pool has a reservation (slots kept for an event).
    """
    ports.journal.append(entry, ports.now())
    request_pass(event.pool_id, cause, ports)
    if not ports.reaper.is_held(ports.now()):
        ports.bus.send(ReaperNeeded(cause=cause))
