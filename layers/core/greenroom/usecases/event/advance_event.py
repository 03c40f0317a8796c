"""Take every step of a scheduled event that is due: for its machine, the reaper and the doors; once or often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from greenroom.domain.errors import Conflict
from greenroom.domain.event.preflight import Preflight
from greenroom.domain.event.scheduled_event import PREFLIGHTS, EventStep, ScheduledEvent, open_steps
from greenroom.domain.events import EventShortfall
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.journal import event as journal
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.reservations import slots_left
from greenroom.ports.event import HasEvents
from greenroom.ports.instance import HasFleet, Machinery
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.pool import HasCatalog, HasPools, PoolRows
from greenroom.ports.reaper import HasReaper
from greenroom.ports.world import Clock
from greenroom.usecases.event.read_event import EventReading, read_event
from greenroom.usecases.event.settle_event import settle
from greenroom.usecases.pool.read_snapshot import count_slots


class Ports(Clock, HasBus, HasCatalog, HasEvents, HasFleet, HasJournal, HasPools, HasReaper, Protocol):
    """What is reached here, callees included."""


ROUNDS = 12
"""Each round takes one step or sets one hold; more means that others keep changing the event."""
Dispatcher = Callable[[str], object]
_Measured = type[journal.EventAtPointOfNoReturn] | type[journal.EventMeasured]
Preflighter = Callable[[EventReading], Preflight]


@dataclass(frozen=True, slots=True)
class Advance:
    """The event after all that was due; `next_at`: when to come again, None: never."""

    event: ScheduledEvent
    next_at: float | None


def advance_event(
    event_id: str, ports: Ports, preflight: Preflighter | None = None, dispatch: Dispatcher | None = None
) -> Advance:
    """`preflight`: how to make one; without it those steps are left to somebody else.

    `dispatch` serves the line at the start, when its pre-queue may be served; without it the reaper's next pass does.

    The row is read again after each change, until nothing is due and the pool holds what the row says: an edit or a
    cancel that comes in between is seen, and undone or done by whoever looks last.
    Raises: NotFound; Conflict (others kept changing it: the next look goes on).
    """
    for _ in range(ROUNDS):
        reading = read_event(event_id, ports)
        if settle(reading.event, reading.rows, ports):
            continue
        now = ports.now()
        steps = open_steps(reading.event, now, reading.warm)
        own = {step: at for step, at in steps.items() if preflight or step not in PREFLIGHTS}
        due = next((step for step, at in own.items() if at <= now), None)
        if due is None:
            return Advance(reading.event, min(own.values(), default=None))
        try:
            ports.events.save(_after(due, reading, preflight, ports), now)
        except Conflict:
            continue  # edited, or somebody took this step: the row says what is left
        if due is EventStep.MEASURE and dispatch is not None:
            dispatch(reading.event.pool_id)
    raise Conflict(event_id)


def _after(step: EventStep, reading: EventReading, preflight: Preflighter | None, ports: Ports) -> ScheduledEvent:
    """The row once `step` was taken. What a step does beside the row may be done twice; the hold follows the row."""
    event = reading.event
    taken = replace(event, done=event.done | {step})
    if step in PREFLIGHTS and preflight is not None:
        return replace(taken, preflight=preflight(reading))
    if step is EventStep.POINT_OF_NO_RETURN:
        _measure(event, journal.EventAtPointOfNoReturn, ports, with_coming=True)
    if step is EventStep.MEASURE:
        _measure(event, journal.EventMeasured, ports, with_coming=False)
    return taken


def _measure(event: ScheduledEvent, kind: _Measured, ports: Ports, *, with_coming: bool) -> None:
    """How many of the sessions that events still expect would find no slot; announced when there are any.

    All reservations of the pool draw on the same slots: one event's are not there for another.
    """
    machines, rows = ports.fleet.list_of_pool(event.pool_id), ports.pools.read(event.pool_id)
    free = sum(count_slots(each.slots, SlotState.FREE) for each in machines)
    coming = _coming(machines, rows) if with_coming else 0
    left = slots_left(rows.holds.values(), rows.taken)
    shortfall = min(event.expected_sessions, max(0, left - free - coming))
    ports.journal.append(kind(event.event_id, free, coming, left, shortfall), ports.now())
    if shortfall:
        ports.bus.send(EventShortfall(event_id=event.event_id, pool_id=event.pool_id, shortfall=shortfall))


_COMING = frozenset({InstanceState.LAUNCHING, InstanceState.BOOTING})


def _coming(machines: Sequence[Machinery], rows: PoolRows) -> int:
    """Slots that are on their way: of instances that start, and of open launches that no instance stands for yet."""
    shown = {each.instance.launch_id for each in machines}
    starting = sum(len(each.slots) or each.instance.slot_count for each in machines if each.instance.state in _COMING)
    return starting + sum(each.slots for each in rows.launches if each.is_open and each.launch_id not in shown)
