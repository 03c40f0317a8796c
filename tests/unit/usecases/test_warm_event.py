"""Scheduled events: warmed ahead, measured, given back; and what operators set."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import InvalidField, NotFound
from greenroom.domain.scheduled_event import ScheduledEvent
from greenroom.domain.slot import SlotState
from greenroom.usecases.plan_pool import plan_pool
from greenroom.usecases.warm_event import EventPlan, measure_event, restore_event, schedule_event, warm_event

from tests.fakes.launching import policy
from tests.fakes.ports import FakePorts
from tests.fakes.stage import add_slot, launch, stage


def scheduled(ports: FakePorts, sessions: int = 3, ahead_s: float = 120.0) -> ScheduledEvent:
    start = ports.now() + ahead_s
    return schedule_event(EventPlan("demo", start, start + 600, sessions, 1200), "op", ports)


def test_an_event_sooner_than_its_lead_is_warmed_at_once() -> None:
    ports = stage(0)
    event = scheduled(ports)
    assert ports.schedules.at == {event.event_id: ports.now() + 5}
    far = scheduled(ports, ahead_s=5000)
    assert ports.schedules.at[far.event_id] == far.start - 1200


WRONG = [
    ("start", -1.0, 600.0, 3),
    ("start", 400 * 24 * 3600.0, 600.0, 3),
    ("end", 60.0, 0.0, 3),
    ("end", 60.0, 8 * 24 * 3600.0, 3),
    ("expectedSessions", 60.0, 600.0, 0),
    ("expectedSessions", 60.0, 600.0, 101),
]


@pytest.mark.parametrize(("field", "ahead", "lasts", "sessions"), WRONG)
def test_an_impossible_event_is_refused_by_field_and_nothing_is_written(
    field: str, ahead: float, lasts: float, sessions: int
) -> None:
    ports = stage(0)
    start = ports.now() + ahead
    with pytest.raises(InvalidField) as refused:
        schedule_event(EventPlan("demo", start, start + lasts, sessions, 1200), "op", ports)
    assert refused.value.field == field
    assert not ports.memory.events
    assert not ports.schedules.at


def test_an_event_of_no_pool_is_refused() -> None:
    with pytest.raises(NotFound):
        schedule_event(EventPlan("nowhere", 2e9, 2e9 + 60, 1, 0), "op", stage(0))


def test_warming_twice_holds_the_slots_once_and_the_end_gives_them_back_at_once() -> None:
    ports = stage(0)
    policy(ports, target_idle=1)
    event = scheduled(ports)
    for _ in range(2):
        warm_event(event.event_id, ports)
    assert len(plan_pool("demo", ports).launch_ids) == 4
    ports.fleet_rows.launches.clear()
    for number in range(4):
        add_slot(ports, f"i-0000000{number}", SlotState.FREE)
    assert plan_pool("demo", ports).retired_ids == ()
    for _ in range(2):
        restore_event(event.event_id, ports)
    assert len(plan_pool("demo", ports).retired_ids) == 3
    assert ports.pools.read("demo").give_back_slots == 0


def test_an_event_that_is_over_is_not_warmed() -> None:
    ports = stage(0)
    event = scheduled(ports)
    ports.time = event.end
    warm_event(event.event_id, ports)
    assert not ports.pools.read("demo").holds


def test_a_shortfall_is_announced_and_those_who_play_count_as_served() -> None:
    ports = stage(2)
    event = scheduled(ports)
    launch(ports)
    assert measure_event(event.event_id, ports) == 1
    assert ports.bus.kinds()[-1] == "EventShortfall"
    add_slot(ports, "i-00000009", SlotState.FREE)
    assert measure_event(event.event_id, ports) == 0
    assert ports.bus.kinds().count("EventShortfall") == 1
