"""Does the steps of a scheduled event (a date with viewers expected) that are due, such as launching its instances.

The event's state machine, the reaper (the repair that runs every 10 s) and the HTTP API call this module. Calling it
twice is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import Conflict
from greenroom.domain.event.preflight import Preflight
from greenroom.domain.event.scheduled_event import PREFLIGHTS, EventStep, open_steps
from greenroom.domain.events import EventShortfall
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.journal import event as journal
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.reservations import slots_left
from greenroom.usecases.event.read_event import EventReading, read_event
from greenroom.usecases.event.settle_event import settle
from greenroom.usecases.pool.read_snapshot import count_slots

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent
    from greenroom.ports.event import HasEvents
    from greenroom.ports.instance import HasFleet, Member
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasCatalog, HasPools, PoolRows
    from greenroom.ports.reaper import HasReaper
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasCatalog, HasEvents, HasFleet, HasJournal, HasPools, HasReaper, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


ROUNDS = 12
"""How many rounds one call of `advance_event` makes at most.

A round does one step of the event, or corrects the pool's reservation (slots kept for the event). All rounds are used
up only if others keep changing the event.
"""
Dispatcher = Callable[[str], object]
_Measured = type[journal.EventAtPointOfNoReturn] | type[journal.EventMeasured]
Preflighter = Callable[[EventReading], Preflight]


@dataclass(frozen=True, slots=True)
class Advance:
    """What `advance_event` returns: the event after all steps that were due.

    `next_at`: when the next step that the caller can do is due, epoch seconds; None: the caller has no step left to do.
    """

    event: ScheduledEvent
    next_at: float | None


def advance_event(
    event_id: str, ports: Ports, preflight: Preflighter | None = None, dispatch: Dispatcher | None = None
) -> Advance:
    """Does all due steps of the scheduled event, such as launching its instances, and returns the event afterwards.

    `preflight`: runs a preflight (the check whether the event's slots can be had). A caller without this function
    leaves the preflight steps to other callers.
    `dispatch`: gives free slots to the sessions in the pool's line. This is done when the event starts, because the
    sessions in the event's pre-queue (whose viewers came before the start) may get slots from then on. A caller without
    this function leaves that work to the reaper (the repair that runs every 10 s).
    The event's row is read again after each change, until no step is due and the pool's reservation (slots kept for the
    event) is what the row says. So if an operator edits or cancels the event meanwhile, the edit takes effect at once.
    Raises: NotFound; Conflict (others kept changing the event; the next call continues).
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
            continue  # the event was edited, or another caller did this step: the row says what is left
        if due is EventStep.MEASURE and dispatch is not None:
            dispatch(reading.event.pool_id)
    raise Conflict("event", event_id)


def _after(step: EventStep, reading: EventReading, preflight: Preflighter | None, ports: Ports) -> ScheduledEvent:
    """Does what `step` demands, and returns the event's row as it must be written afterwards.

    If the write fails, the step may be done again, so its work outside of the event's row may be done twice. The pool's
    reservation (slots kept for the event) is not changed here, because `settle` derives it from the written row.
    """
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
    """Records how many of the event's expected sessions would find no slot, and announces a shortfall on the bus.

    All events of a pool share the pool's slots. So the slots that the reservations of all events still need are
    compared with the slots that exist. `kind`: the kind of the Journal entry (an append-only record). `with_coming`:
    whether the slots of starting instances and of open launches (intents to start an instance) count as existing.
    """
    members, rows = ports.fleet.list_of_pool(event.pool_id), ports.pools.read(event.pool_id)
    free = sum(count_slots(each.slots, SlotState.FREE) for each in members)
    coming = _coming(members, rows) if with_coming else 0
    left = slots_left(rows.reservations.values(), rows.taken)
    shortfall = min(event.expected_sessions, max(0, left - free - coming))
    ports.journal.append(kind(event.event_id, free, coming, left, shortfall), ports.now())
    if shortfall:
        ports.bus.send(EventShortfall(event_id=event.event_id, pool_id=event.pool_id, shortfall=shortfall))


_COMING = frozenset({InstanceState.LAUNCHING, InstanceState.BOOTING})


def _coming(members: Sequence[Member], rows: PoolRows) -> int:
    """Returns how many slots will be ready soon: those of starting instances, and those of launches.

    A launch (the intent to start an instance) counts while it is open and its instance is not among `members`.
    """
    shown = {each.instance.launch_id for each in members}
    starting = sum(len(each.slots) or each.instance.slot_count for each in members if each.instance.state in _COMING)
    return starting + sum(each.slots for each in rows.launches if each.is_open and each.launch_id not in shown)
