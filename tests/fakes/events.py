"""Scheduled events for tests: asked for, and walked through with a clock that jumps."""

from __future__ import annotations

from typing import Any

from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.journal.entry import event_entity
from greenroom.usecases.event.advance_event import Advance, advance_event
from greenroom.usecases.event.preflight_event import preflight_event
from greenroom.usecases.event.schedule_event import EventPlan, schedule_event
from greenroom_lab.memory.ports import FakePorts


def plan(ports: FakePorts, ahead_s: float = 7200.0, sessions: int = 3, **facts: Any) -> EventPlan:
    """An hour long, with a lead of 20 minutes."""
    start = ports.now() + ahead_s
    whole = {"pool_id": "demo", "name": "Premiere", "start": start, "end": start + 3600, "time_zone": "UTC"}
    return EventPlan(**{**whole, "expected_sessions": sessions, "lead_s": 1200, "pre_queue_s": 300, **facts})


def scheduled(ports: FakePorts, ahead_s: float = 7200.0, sessions: int = 3, **facts: Any) -> ScheduledEvent:
    """Boots of this pool take 100 s."""
    if not ports.pools.read("demo").boot_times:
        ports.pools.record_boot("demo", 100.0)
    return schedule_event(plan(ports, ahead_s, sessions, **facts), "op", ports).event


def look(ports: FakePorts, event_id: str, at: float | None = None) -> Advance:
    """What the machine does when it comes, by default now."""
    ports.time = ports.time if at is None else at
    return advance_event(event_id, ports, lambda reading: preflight_event(reading, ports))


def held(ports: FakePorts) -> dict[str, int]:
    """Slots held, by event."""
    return {event_id: reservation.slots for event_id, reservation in ports.pools.read("demo").reservations.items()}


def journal(ports: FakePorts, event_id: str) -> list[str]:
    """What was written down about an event."""
    return [each.entry.kind for each in ports.memory.journal if each.entity == event_entity(event_id)]
