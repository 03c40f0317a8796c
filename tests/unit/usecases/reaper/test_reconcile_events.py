"""What the reaper finds of events: schedules that never fired, machines that died, holds nobody gave back."""

from __future__ import annotations

from collections.abc import Callable

from greenroom.domain.event.scheduled_event import EventState
from greenroom.usecases.event.schedule_event import cancel_event
from greenroom.usecases.reaper.reconcile_events import SETTLED_AFTER_S, reconcile_events
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.events import held, scheduled
from tests.fakes.stage import stage
from tests.fakes.store import remove


def passed(ports: FakePorts, failures: list[str] | None = None) -> bool:
    def attempt(what: str, repair: Callable[[], None]) -> None:
        try:
            repair()
        except RuntimeError:
            assert failures is not None
            failures.append(what)

    return reconcile_events(attempt, ports)


def test_a_schedule_that_never_fired_is_found_within_a_pass() -> None:
    ports = stage(0)
    event = scheduled(ports)
    ports.schedules.at.clear()
    ports.time = event.start - 1200
    assert passed(ports)
    assert held(ports) == {event.event_id: 3}
    ports.time = event.end
    passed(ports)
    assert held(ports) == {}


def test_the_reaper_stays_awake_when_a_step_is_near_and_sleeps_when_none_is() -> None:
    ports = stage(0)
    event = scheduled(ports, ahead_s=48 * 3600)
    assert not passed(ports)
    ports.time = event.start - 24 * 3600
    assert not passed(ports)  # a preflight is the machine's
    ports.time = event.start - 1200 - 15 * 60
    assert passed(ports)
    ports.time = event.start + 10
    assert passed(ports)


def test_an_event_that_is_over_stays_listed_until_no_late_step_can_come() -> None:
    ports = stage(0)
    event = scheduled(ports)
    cancel_event(event.event_id, "op", ports)
    ports.pools.reserve_for_event("demo", event.event_id, 3, 0.0)  # a step that was slow
    assert not passed(ports)
    assert held(ports) == {}
    assert ports.events.list_ids() == [event.event_id]
    ports.time += SETTLED_AFTER_S
    passed(ports)
    assert ports.events.list_ids() == []
    assert ports.events.get(event.event_id).state is EventState.CANCELLED


def test_a_listed_event_without_a_row_is_forgotten() -> None:
    ports = stage(0)
    event = scheduled(ports)
    remove(ports, event)
    assert not passed(ports)
    assert ports.events.list_ids() == []


def test_one_bad_event_does_not_stop_the_others() -> None:
    ports = stage(0)
    events = [scheduled(ports), scheduled(ports)]
    get = ports.events.get

    def broken(event_id: str):  # type: ignore[no-untyped-def]
        if event_id == events[0].event_id:
            raise RuntimeError("bad row")
        return get(event_id)

    ports.events.get = broken  # type: ignore[method-assign]
    ports.time = events[0].start - 1200
    failures: list[str] = []
    assert passed(ports, failures)
    assert failures == [events[0].event_id]
    assert held(ports) == {events[1].event_id: 3}
