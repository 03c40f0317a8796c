"""Events as operators ask for them: once for a client token, edited while they warm, cancelled at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from greenroom.domain.errors import Conflict, EventHasEnded, InvalidField, NotFound
from greenroom.domain.event.scheduled_event import EventState, ScheduledEvent
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.event.schedule_event import cancel_event, edit_event, schedule_event
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.events import held, journal, look, plan, scheduled
from tests.fakes.launching import policy
from tests.fakes.stage import add_slot, launch, stage
from tests.fakes.store import events

S = EventState


def edit(ports: FakePorts, event: ScheduledEvent, **wishes: Any) -> ScheduledEvent:
    return edit_event(event.event_id, lambda before: replace(before, **wishes), "op", ports)


def warming(ports: FakePorts, sessions: int = 3) -> ScheduledEvent:
    event = scheduled(ports, sessions=sessions)
    return look(ports, event.event_id, event.start - 1200).event


def test_a_schedule_is_set_for_the_first_step_or_soon() -> None:
    ports = stage(0)
    near, far = scheduled(ports, ahead_s=600), scheduled(ports, ahead_s=90 * 3600)
    assert ports.schedules.at[(far.event_id, 1)] == far.start - 24 * 3600
    assert ports.schedules.at[(near.event_id, 1)] == ports.now() + 5
    assert (near.state, far.state) == (S.WARMING, S.SCHEDULED)


def test_the_same_client_token_makes_one_event() -> None:
    ports = stage(0)
    first = schedule_event(plan(ports, client_token="t"), "op", ports)
    again = schedule_event(plan(ports, client_token="t", sessions=9), "op", ports)
    other = schedule_event(plan(ports, client_token="t"), "another", ports)
    assert (first.repeated, again.repeated, other.repeated) == (False, True, False)
    assert again.event == first.event
    assert first.event.preflight is not None
    assert len(ports.events.list_ids()) == 2
    assert journal(ports, first.event.event_id).count("EventScheduled") == 1


def test_an_impossible_event_is_refused_and_nothing_is_written() -> None:
    ports = stage(0)
    with pytest.raises(InvalidField) as refused:
        schedule_event(plan(ports, sessions=101), "op", ports)
    assert refused.value.field == "expectedSessions"
    with pytest.raises(NotFound):
        schedule_event(plan(ports, pool_id="nowhere"), "op", ports)
    assert not events(ports)
    assert not ports.schedules.at
    assert not ports.memory.journal


def test_a_larger_event_holds_more_at_once() -> None:
    ports = stage(0)
    event = warming(ports)
    plan_pool("demo", ports)
    after = edit(ports, event, expected_sessions=8)
    assert (after.version, after.state, held(ports)) == (2, S.WARMING, {event.event_id: 8})
    assert ports.bus.kinds()[-2:] == ["PoolChanged", "ReaperNeeded"]
    assert set(ports.schedules.at) == {(event.event_id, 2)}


def test_a_smaller_event_gives_back_the_rest_at_once() -> None:
    ports = stage(0)
    event = warming(ports, sessions=5)
    for number in range(5):
        add_slot(ports, f"i-0000000{number}", SlotState.FREE)
    edit(ports, event, expected_sessions=2)
    assert held(ports) == {event.event_id: 2}
    assert len(plan_pool("demo", ports).retired_ids) == 3


def test_an_event_moved_later_is_cold_again_until_its_new_time() -> None:
    ports = stage(0)
    event = warming(ports)
    after = edit(ports, event, start=event.start + 9000, end=event.end + 9000)
    assert (after.state, held(ports)) == (S.SCHEDULED, {})
    assert ports.pools.read("demo").give_back_slots == 3
    assert look(ports, event.event_id, event.start + 9000 - 1200).event.state is S.WARMING


def test_an_open_event_put_off_a_little_is_held_whole_again() -> None:
    ports = stage(6)
    event = scheduled(ports)
    look(ports, event.event_id, event.start - 300)
    launch(ports)
    after = edit(ports, event, start=event.start + 600, end=event.end + 600)
    reservation = ports.pools.read("demo").reservations[event.event_id]
    assert (after.state, reservation.slots, reservation.taken_at) == (S.WARMING, 3, None)


def test_an_open_event_that_grows_keeps_what_was_consumed() -> None:
    ports = stage(6)
    event = scheduled(ports)
    look(ports, event.event_id, event.start - 300)
    opened = ports.pools.read("demo").reservations[event.event_id].taken_at
    launch(ports)
    assert edit(ports, event, expected_sessions=5).state is S.OPEN
    reservation = ports.pools.read("demo").reservations[event.event_id]
    assert (reservation.slots, reservation.taken_at) == (5, opened)


def test_a_cancelled_event_gives_back_everything_and_stays_cancelled() -> None:
    ports = stage(0)
    event = warming(ports)
    for _ in range(2):
        cancelled = cancel_event(event.event_id, "op", ports)
        assert (cancelled.state, held(ports)) == (S.CANCELLED, {})
    assert not ports.schedules.at
    assert journal(ports, event.event_id).count("EventCancelled") == 1
    assert look(ports, event.event_id, event.start).event.state is S.CANCELLED
    assert held(ports) == {}
    with pytest.raises(EventHasEnded):
        edit(ports, event, expected_sessions=1)


def test_an_event_that_is_over_can_be_neither_edited_nor_cancelled() -> None:
    ports = stage(0)
    event = scheduled(ports)
    look(ports, event.event_id, event.end)
    for refused in (lambda: edit(ports, event, name="x"), lambda: cancel_event(event.event_id, "op", ports)):
        with pytest.raises(EventHasEnded):
            refused()


def test_a_wrong_edit_changes_nothing() -> None:
    ports = stage(0)
    event = warming(ports)
    with pytest.raises(InvalidField) as refused:
        edit(ports, event, end=event.start)
    assert refused.value.field == "end"
    assert ports.events.get(event.event_id) == event
    assert set(ports.schedules.at) == {(event.event_id, 1)}


def test_an_edit_that_wishes_what_stands_is_no_new_version() -> None:
    ports = stage(0)
    event = scheduled(ports)
    assert edit(ports, event, name=event.name) == event


def test_each_version_is_preflighted_again() -> None:
    ports = stage(0)
    event = scheduled(ports, maximum_cost_usd=1000.0)
    ports.time += 60
    after = edit(ports, event, maximum_cost_usd=1.0)
    assert event.preflight is not None
    assert after.preflight is not None
    assert after.preflight.at == ports.now()
    assert [each.status.value for each in after.preflight.checks if each.name == "budget"] == ["failed"]
    assert journal(ports, event.event_id).count("EventPreflighted") == 2


def losing(ports: FakePorts, times: int) -> Callable[..., ScheduledEvent]:
    """A save that somebody else beats so often."""
    save = ports.events.save
    left = [times]

    def lost(event: ScheduledEvent, now: float) -> ScheduledEvent:
        if left[0] > 0:
            left[0] -= 1
            raise Conflict("event", event.event_id)
        return save(event, now)

    return lost


def test_an_edit_that_others_were_faster_than_is_made_on_what_stands() -> None:
    ports = stage(0)
    event = scheduled(ports)
    ports.events.save = losing(ports, 2)  # type: ignore[method-assign]
    assert edit(ports, event, expected_sessions=4).expected_sessions == 4
    ports.events.save = losing(ports, 99)  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        edit(ports, event, expected_sessions=5)


def test_the_pool_may_be_halted_or_too_small_later_and_is_told_so() -> None:
    ports = stage(0)
    event = scheduled(ports, sessions=9)
    policy(ports, maximum=5)
    assert look(ports, event.event_id, event.start - 3600).event.preflight is not None
    checks = {each.name: each.status.value for each in ports.events.get(event.event_id).preflight.checks}  # type: ignore[union-attr]
    assert checks["pool"] == "failed"
