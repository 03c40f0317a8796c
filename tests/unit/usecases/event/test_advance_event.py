"""An event's steps: each taken once, whoever comes, however often and however late."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.event.scheduled_event import EventState, EventStep
from greenroom.domain.events import EventShortfall
from greenroom.planning.reservations import slots_left
from greenroom.usecases.event.advance_event import advance_event
from greenroom.usecases.event.schedule_event import cancel_event
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.pool.read_snapshot import read_snapshot
from greenroom_lab.memory.ports import FakePorts
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.events import held, journal, look, scheduled
from tests.fakes.launching import policy
from tests.fakes.stage import fill, launch, stage
from tests.fakes.store import free_entries, remove, snapshot

S = EventState


def shortfalls(ports: FakePorts) -> list[int]:
    return [each.shortfall for each in ports.bus.events if isinstance(each, EventShortfall)]


def test_an_event_from_its_schedule_to_its_end() -> None:
    ports = stage(0)
    event = scheduled(ports, ahead_s=30 * 3600)
    assert ports.schedules.at == {(event.event_id, 1): event.start - 24 * 3600}
    seen = []
    next_at: float | None = ports.schedules.at[(event.event_id, 1)]
    while next_at is not None:
        advance = look(ports, event.event_id, next_at)
        if advance.event.state is S.WARMING and not free_entries(ports):
            fill(ports, 3)
        seen.append((round(ports.now() - event.start), advance.event.state, dict(held(ports))))
        next_at = advance.next_at
    mine = {event.event_id: 3}
    assert seen == [
        (-24 * 3600, S.SCHEDULED, {}),
        (-3600, S.SCHEDULED, {}),
        (-1200, S.WARMING, mine),
        (-300, S.OPEN, mine),
        (-160, S.OPEN, mine),  # the point of no return: 60 s of margin and 100 s of booting
        (0, S.OPEN, mine),
        (3600, S.OVER, {}),
    ]
    assert shortfalls(ports) == []
    assert journal(ports, event.event_id) == [
        "EventScheduled",
        "EventPreflighted",
        "EventPreflighted",
        "EventPreflighted",
        "EventWarmed",
        "EventOpened",
        "EventAtPointOfNoReturn",
        "EventMeasured",
        "EventGivenBack",
    ]


def test_every_step_delivered_twice_is_taken_once() -> None:
    once, twice = stage(0), stage(0)
    for ports, deliveries in ((once, 1), (twice, 3)):
        event = scheduled(ports, ahead_s=30 * 3600)
        for ahead in (24 * 3600, 3600, 1200, 300, 160, 0, -3600):
            for _ in range(deliveries):
                look(ports, event.event_id, event.start - ahead)
    assert once.memory.journal == twice.memory.journal
    assert shortfalls(once) == shortfalls(twice) == [3, 3]
    assert snapshot(once).events == snapshot(twice).events
    assert once.pools.read("demo") == twice.pools.read("demo")


@pytest.mark.parametrize("late_s", [0, 600, 1195, 1300, 3000])
def test_a_late_look_ends_where_one_on_time_does(late_s: int) -> None:
    ports = stage(0)
    event = scheduled(ports)
    advance = look(ports, event.event_id, event.start - 1200 + late_s)
    assert held(ports) == {event.event_id: 3}
    assert advance.event.state is (S.OPEN if late_s >= 900 else S.WARMING)


def test_an_event_that_nobody_looked_at_before_its_end_holds_nothing() -> None:
    ports = stage(0)
    event = scheduled(ports)
    advance = look(ports, event.event_id, event.end)
    assert (advance.event.state, advance.next_at, held(ports)) == (S.OVER, None, {})
    assert EventStep.WARM not in advance.event.done


def test_the_end_gives_back_at_once_but_for_those_who_still_play() -> None:
    ports = stage(0)
    policy(ports, target_idle=1)
    event = scheduled(ports)
    look(ports, event.event_id, event.start - 1200)
    assert len(plan_pool("demo", ports).launch_ids) == 4
    remove(ports, *ports.pools.read("demo").launches)
    fill(ports, 4)
    look(ports, event.event_id, event.start)
    session = launch(ports).session
    assert plan_pool("demo", ports).retired_ids == ()
    look(ports, event.event_id, event.end)
    retired = plan_pool("demo", ports).retired_ids
    assert len(retired) == 2  # one plays, one is the idle buffer
    assert session.assignment is not None
    assert session.assignment.instance_id not in retired


def test_what_is_lacking_is_told_at_the_point_of_no_return_and_again_at_the_start() -> None:
    ports = stage(0)
    policy(ports, maximum=100)
    event = scheduled(ports, sessions=5)
    look(ports, event.event_id, event.start - 1200)
    started = plan_pool("demo", ports).launch_ids
    remove(ports, *(each for each in ports.pools.read("demo").launches if each.launch_id != started[0]))
    fill(ports, 2)
    look(ports, event.event_id, event.start - 160)
    assert shortfalls(ports) == [2]  # five expected: two are free, one is on its way
    look(ports, event.event_id, event.start)
    assert shortfalls(ports) == [2, 3]  # what is on its way is not there


def test_those_who_came_since_it_opened_count_as_served_and_others_do_not() -> None:
    ports = stage(0)
    event = scheduled(ports, sessions=3)
    fill(ports, 4)
    launch(ports, "early", "t")
    look(ports, event.event_id, event.start - 300)
    launch(ports, "guest", "t")
    look(ports, event.event_id, event.start)
    assert shortfalls(ports) == []
    launch(ports, "guest-2", "t")
    assert slots_left(ports.pools.read("demo").reservations.values(), ports.pools.read("demo").taken) == 1


def test_two_events_do_not_count_the_same_free_slots() -> None:
    ports = stage(0)
    first, second = scheduled(ports, sessions=3), scheduled(ports, sessions=3)
    fill(ports, 4)
    look(ports, first.event_id, first.start - 300)
    look(ports, second.event_id, first.start)
    look(ports, first.event_id)
    assert shortfalls(ports)[-1] == 2


def test_a_cancel_between_a_step_and_its_hold_is_seen_by_whoever_looks_last() -> None:
    """The machine has read the row; the operator cancels; then the machine sets the hold."""
    ports = stage(0)
    event = scheduled(ports)
    reservation = ports.pools.reserve_for_event

    def cancelled_meanwhile(pool_id: str, event_id: str, slots: int, until: float) -> None:
        ports.pools.reserve_for_event = reservation  # type: ignore[method-assign]
        cancel_event(event_id, "op", ports)
        reservation(pool_id, event_id, slots, until)

    ports.pools.reserve_for_event = cancelled_meanwhile  # type: ignore[method-assign]
    advance = look(ports, event.event_id, event.start - 1200)
    assert (advance.event.state, held(ports)) == (S.CANCELLED, {})


def test_a_step_that_died_before_its_hold_was_set_is_made_whole_by_the_next_look() -> None:
    ports = stage(0)
    event = scheduled(ports)
    ports.events.save(replace(event, done=frozenset({EventStep.WARM})), ports.now())
    assert held(ports) == {}
    advance_event(event.event_id, ports)
    assert held(ports) == {event.event_id: 3}


def test_without_a_preflighter_preflights_are_left_to_the_machine() -> None:
    ports = stage(0)
    event = scheduled(ports, ahead_s=30 * 3600)
    ports.time = event.start - 24 * 3600
    left = advance_event(event.event_id, ports)
    assert (left.event.done, left.next_at) == (frozenset(), event.start - 1200)
    assert look(ports, event.event_id).event.done == {EventStep.PREFLIGHT_DAY}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(300, 7200), st.integers(600, 7200), st.integers(1, 9), st.integers(0, 1800)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 15000),
)
def test_overlapping_events_add(events: list[tuple[int, int, int, int]], later: int) -> None:
    """Held is the sum of those that are warm or open now, so never less than what any one needs."""
    ports = stage(0)
    policy(ports, maximum=100)
    made = [
        scheduled(ports, ahead, sessions, end=ports.now() + ahead + lasts, lead_s=lead)
        for ahead, lasts, sessions, lead in events
    ]
    ports.time += later
    for each in made:
        look(ports, each.event_id)
    active = [each for each in made if ports.events.get(each.event_id).has_reservation]
    due = [each for each in made if each.start - max(each.lead_s, 300) <= ports.now() < each.end]
    assert {each.event_id for each in active} == {each.event_id for each in due}
    assert held(ports) == {each.event_id: each.expected_sessions for each in due}
    reserved = slots_left(ports.pools.read("demo").reservations.values(), 0)
    assert reserved == sum(each.expected_sessions for each in due)
    needed = sum(each.expected_sessions for each in due)
    assert sum(each.slots for each in ports.pools.read("demo").launches) == 0
    assert len(plan_pool("demo", ports).launch_ids) == min(needed, 20)
    assert read_snapshot("demo", ports).snapshot.open_launch_slots == min(needed, 20)
