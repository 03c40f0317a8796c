"""A scheduled event: its slots are held ahead of its start, measured at it, given back at its end."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.events import EventShortfall, ReaperNeeded
from greenroom.domain.scheduled_event import ScheduledEvent, check_event, warm_time
from greenroom.domain.slot import SlotState
from greenroom.ports import Ports
from greenroom.usecases.read_snapshot import count_slots
from greenroom.usecases.request_pass import request_pass

GIVE_BACK_WITHIN_S = 1800
"""How long after its end the event's slots go at once; viewers who stay longer leave them to the scale-in clock."""


@dataclass(frozen=True, slots=True)
class EventPlan:
    """What an operator asks for; times are epoch seconds."""

    pool_id: str
    start: float
    end: float
    expected_sessions: int
    lead_s: int


def schedule_event(plan: EventPlan, operator: str, ports: Ports) -> ScheduledEvent:
    """The row first: a schedule without a row would start a machine that knows nothing.

    Raises: InvalidField; NotFound (the pool).
    """
    now = ports.now()
    check_event(plan.start, plan.end, plan.expected_sessions, ports.catalog.pool(plan.pool_id), now)
    event = ScheduledEvent(
        event_id=ports.new_id("evt"),
        pool_id=plan.pool_id,
        start=plan.start,
        end=plan.end,
        expected_sessions=plan.expected_sessions,
        lead_s=plan.lead_s,
        warm_at=warm_time(plan.start, plan.lead_s, now),
    )
    ports.catalog.save_event(event)
    ports.schedules.create(event.event_id, event.warm_at)
    facts = {"operator": operator, "poolId": event.pool_id, "expectedSessions": event.expected_sessions}
    ports.journal.append(f"EVENT#{event.event_id}", "EventScheduled", now, facts)
    return event


def warm_event(event_id: str, ports: Ports) -> ScheduledEvent:
    """Hold the event's slots from now on. Set, not added: it may run twice. Raises: NotFound."""
    event, now = ports.catalog.event(event_id), ports.now()
    if now < event.end:
        ports.pools.hold_for_event(event.pool_id, event_id, event.expected_sessions)
        ports.journal.append(f"EVENT#{event_id}", "EventWarmed", now, {"slots": event.expected_sessions})
        _ask(event, "eventWarmed", ports)
    return event


def measure_event(event_id: str, ports: Ports) -> int:
    """How many of the expected sessions would find no slot; announced when there are any. Raises: NotFound."""
    event = ports.catalog.event(event_id)
    machines = ports.fleet.list_of_pool(event.pool_id)
    free = sum(count_slots(each.slots, SlotState.FREE) for each in machines)
    busy = sum(slot.session_id is not None for each in machines for slot in each.slots)
    shortfall = max(0, event.expected_sessions - free - busy)
    facts = {"free": free, "busy": busy, "expected": event.expected_sessions, "shortfall": shortfall}
    ports.journal.append(f"EVENT#{event_id}", "EventMeasured", ports.now(), facts)
    if shortfall:
        ports.bus.send(EventShortfall(event_id=event_id, pool_id=event.pool_id, shortfall=shortfall))
    return shortfall


def restore_event(event_id: str, ports: Ports) -> None:
    """Nothing is held for it any more, and what it held goes without waiting for the scale-in clock.

    Raises: NotFound.
    """
    event, now = ports.catalog.event(event_id), ports.now()
    if ports.pools.end_event(event.pool_id, event_id, now + GIVE_BACK_WITHIN_S):
        ports.journal.append(f"EVENT#{event_id}", "EventGivenBack", now, {"poolId": event.pool_id})
    _ask(event, "eventGivenBack", ports)


def _ask(event: ScheduledEvent, cause: str, ports: Ports) -> None:
    request_pass(event.pool_id, cause, ports)
    if not ports.reaper.is_held(ports.now()):
        ports.bus.send(ReaperNeeded(cause=cause))
