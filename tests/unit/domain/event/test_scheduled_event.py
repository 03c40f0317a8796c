"""When each step of an event is due, what an edit keeps, and how long a pool takes to warm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import InvalidField
from greenroom.domain.event.scheduled_event import (
    EventState,
    EventStep,
    ScheduledEvent,
    WarmTime,
    check_event,
    edited,
    event_id_of,
    latest_safe_start,
    open_steps,
    step_times,
)
from greenroom.domain.event.warm_time import warm_time
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_policy, a_pool, an_event

E = EventStep
START = 1_800_100_000.0
DAY, HOUR = 24 * 3600, 3600
WARM = WarmTime(240.0, 10.0, is_measured=True)


def event(**facts: object) -> ScheduledEvent:
    times = {"start": START, "end": START + HOUR, "planned_at": START - 2 * DAY}
    return an_event("evt-a", **{**times, **facts})


def test_the_steps_of_the_worked_example() -> None:
    assert dict(step_times(event(), WARM)) == {
        E.PREFLIGHT_DAY: START - DAY,
        E.PREFLIGHT_HOUR: START - HOUR,
        E.WARM: START - 1200,
        E.POINT_OF_NO_RETURN: START - 300,
        E.OPEN: START - 300,
        E.MEASURE: START,
        E.GIVE_BACK: START + HOUR,
    }
    assert latest_safe_start(event(), WARM) == START - 310


WARM_AT = [
    ("by its lead", event(lead_s=1200), WARM, 1200),
    ("by the latest safe start", event(lead_s=0), WARM, 310),
    ("until measured: 20 min and the margin", event(), WarmTime(1200.0, 0.0, is_measured=False), 1260),
    ("before the pre-queue opens, which consumes what is held", event(lead_s=400, pre_queue_s=900), WARM, 900),
]


@pytest.mark.parametrize(("desc", "one", "warm", "ahead_s"), WARM_AT, ids=lambda value: str(value)[:30])
def test_warming_begins_in_time(desc: str, one: ScheduledEvent, warm: WarmTime, ahead_s: int) -> None:
    assert step_times(one, warm)[E.WARM] == START - ahead_s, desc


def due(one: ScheduledEvent, now: float) -> list[EventStep]:
    return [step for step, at in open_steps(one, now, WARM).items() if at <= now]


DUE = [
    ("nothing yet", event(), START - 2 * DAY, []),
    ("a day before", event(), START - DAY, [E.PREFLIGHT_DAY]),
    ("an hour before", event(done=frozenset({E.PREFLIGHT_DAY})), START - HOUR, [E.PREFLIGHT_HOUR]),
    ("made within the day: its own preflight was enough", event(planned_at=START - 600), START - 600, [E.WARM]),
    ("late: all that are due", event(planned_at=START - HOUR), START - 300, [E.WARM, E.POINT_OF_NO_RETURN, E.OPEN]),
    ("at the start", event(planned_at=START - HOUR), START, [E.WARM, E.OPEN, E.MEASURE]),
    ("far too late: only what is left to do", event(), START + HOUR, [E.GIVE_BACK]),
    ("cancelled", event(cancelled_at=START - DAY), START + HOUR, []),
    ("over", event(done=frozenset({E.GIVE_BACK})), START + 2 * HOUR, []),
]


@pytest.mark.parametrize(("desc", "one", "now", "steps"), DUE, ids=lambda value: str(value)[:30])
def test_what_is_due(desc: str, one: ScheduledEvent, now: float, steps: list[EventStep]) -> None:
    assert due(one, now) == steps, desc


STATES = [
    (set(), EventState.SCHEDULED),
    ({E.PREFLIGHT_DAY, E.PREFLIGHT_HOUR}, EventState.SCHEDULED),
    ({E.WARM}, EventState.WARMING),
    ({E.WARM, E.POINT_OF_NO_RETURN}, EventState.WARMING),
    ({E.WARM, E.OPEN}, EventState.OPEN),
    ({E.WARM, E.OPEN, E.MEASURE}, EventState.OPEN),
    ({E.GIVE_BACK}, EventState.OVER),
]


@pytest.mark.parametrize(("done", "state"), STATES)
def test_the_state_follows_from_the_steps(done: set[EventStep], state: EventState) -> None:
    assert event(done=frozenset(done)).state is state
    assert event(done=frozenset(done), cancelled_at=1.0).state is EventState.CANCELLED


ALL = frozenset({E.PREFLIGHT_DAY, E.PREFLIGHT_HOUR, E.WARM, E.POINT_OF_NO_RETURN, E.OPEN, E.MEASURE})
EDITS = [
    ("larger: it stays open, and is measured anew", {"expected_sessions": 60}, {E.WARM, E.OPEN}),
    ("a bit later: it is closed again", {"start": START + 600}, {E.WARM}),
    ("much later: the warm-up is undone", {"start": START + DAY, "end": START + DAY + HOUR}, set()),
]


@pytest.mark.parametrize(("desc", "change", "kept"), EDITS, ids=[desc for desc, _, _ in EDITS])
def test_an_edit_keeps_only_a_hold_that_is_still_due(desc: str, change: dict[str, float], kept: set[EventStep]) -> None:
    running = event(done=ALL)
    after = edited(replace(running, **change), START + 60, WARM)  # type: ignore[arg-type]
    assert after.done == frozenset(kept), desc
    assert (after.version, after.planned_at) == (2, START + 60)


@given(
    now=st.floats(START - 3 * DAY, START + DAY),
    done=st.sets(st.sampled_from(list(E))),
    lead=st.integers(0, DAY),
    queue=st.integers(0, DAY),
    boot=st.floats(1, 3600),
)
def test_every_event_comes_to_its_end(now: float, done: set[EventStep], lead: int, queue: int, boot: float) -> None:
    """Taking what is due and coming again when told ends Over, in as many looks as there are steps."""
    warm = WarmTime(boot, 20.0, is_measured=True)
    one = event(done=frozenset(done), lead_s=lead, pre_queue_s=queue)
    for _ in range(2 * len(E)):
        steps = open_steps(one, now, warm)
        if not steps:
            break
        ready = [step for step, at in steps.items() if at <= now]
        if ready:
            one = replace(one, done=one.done | {ready[0]})
        else:
            now = min(steps.values())
    assert one.state is EventState.OVER


WRONG = [
    ("start", {"start": START - 3 * DAY}),
    ("start", {"start": START + 400 * DAY, "end": START + 401 * DAY}),
    ("end", {"end": START}),
    ("end", {"end": START - HOUR}),
    ("end", {"end": START + 8 * DAY}),
    ("expectedSessions", {"expected_sessions": 0}),
    ("expectedSessions", {"expected_sessions": 101}),
]


@pytest.mark.parametrize(("field", "change"), WRONG)
def test_an_impossible_event_is_refused_by_field(field: str, change: dict[str, float]) -> None:
    pool = a_pool(policy=a_policy(maximum=100))
    check_event(event(), pool, START - 2 * DAY)
    with pytest.raises(InvalidField) as refused:
        check_event(event(**change), pool, START - 2 * DAY)
    assert refused.value.field == field


def test_a_running_event_may_be_edited_but_not_moved_into_the_past() -> None:
    pool = a_pool(policy=a_policy(maximum=100))
    check_event(event(), pool, START + 60, moved=False)
    with pytest.raises(InvalidField, match="start"):
        check_event(event(start=START + 30), pool, START + 60, moved=True)
    with pytest.raises(InvalidField, match="end"):
        check_event(event(end=START + 30), pool, START + 60, moved=False)


WARM_TIMES = [
    ("nothing measured", [], 30, 1200, 10, False),
    ("one boot", [200.0], 20, 200, 0, True),
    ("of few the greatest", [100.0, 300.0, 200.0], 1, 300, 0, True),
    ("of twenty the second greatest", [float(each) for each in range(1, 21)], 1, 19, 0, True),
    ("three passes", [240.0], 50, 240, 20, True),
]


@pytest.mark.parametrize(("desc", "boots", "instances", "boot_s", "launching_s", "measured"), WARM_TIMES)
def test_how_long_a_pool_takes_to_warm(
    desc: str, boots: list[float], instances: int, boot_s: float, launching_s: float, measured: bool
) -> None:
    assert warm_time(boots, instances, 20) == WarmTime(boot_s, launching_s, measured), desc


def test_a_client_token_names_one_event_of_one_operator() -> None:
    assert event_id_of("ada", "t") == event_id_of("ada", "t")
    assert len({event_id_of("ada", "t"), event_id_of("bob", "t"), event_id_of("ada", "u")}) == 3
    assert len(event_id_of("ada", "t")) == len("evt-") + 26
