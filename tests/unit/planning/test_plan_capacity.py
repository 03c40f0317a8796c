"""The capacity plan: its worked example, each rule by name, and what must hold for any pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from greenroom.domain.instance import InstanceState
from greenroom.domain.pool import PoolPolicy
from greenroom.planning.plan_capacity import (
    LAUNCHES_PER_PASS,
    SCALE_IN_AFTER_S,
    InstanceLoad,
    Plan,
    PoolSnapshot,
    plan_capacity,
    wanted_slots,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = 1_800_000_000.0
READY, BOOTING, DRAINING = InstanceState.READY, InstanceState.BOOTING, InstanceState.DRAINING


def load(name: str, *, busy: int = 0, slots: int = 2, state: InstanceState = READY, **facts: object) -> InstanceLoad:
    free = slots - busy if state is READY and "free" not in facts else 0
    whole = {"market": "spot", "launched_at": 0.0, "free": free, **facts}
    return InstanceLoad(name, state, slots, busy=busy, **whole)  # type: ignore[arg-type]


def pool(
    instances: Sequence[InstanceLoad] = (), policy: tuple[int, int, int] = (0, 0, 100), **facts: object
) -> PoolSnapshot:
    whole = {"slots_per_instance": 2, "open_launch_slots": 0, "queued": 0, "event_slots": 0, "now": NOW, **facts}
    return PoolSnapshot(policy=PoolPolicy(*policy), instances=tuple(instances), **whole)  # type: ignore[arg-type]


def retired(plan: Plan) -> list[str]:
    return [each.instance_id for each in plan.retirements]


def test_the_worked_example_of_the_module() -> None:
    busy_hour = pool(
        [load("i-1", busy=2), load("i-2", busy=1)], (2, 2, 12), open_launch_slots=2, queued=1, event_slots=6
    )
    plan = plan_capacity(busy_hour)
    assert (plan.wanted, plan.supply, len(plan.launches)) == (8, 6, 1)
    quiet = pool([load("i-1"), load("i-2"), load("i-3")], (2, 2, 12))
    first = plan_capacity(quiet)
    assert (first.wanted, first.supply, retired(first), first.surplus_since) == (2, 6, [], NOW)
    later = plan_capacity(replace(quiet, surplus_since=first.surplus_since, now=NOW + 600))
    assert (len(later.retirements), later.surplus_since) == (1, NOW + 600)


GROWTH = [
    ("an empty pool with nothing asked of it stays empty", pool(), 0),
    ("the floor is held", pool(policy=(3, 0, 100)), 2),
    ("the idle buffer stands beside what is used", pool([load("i-1", busy=2)], (0, 2, 100)), 1),
    ("who waits in line needs a slot", pool(queued=3), 2),
    ("what boots counts as coming", pool([load("i-1", state=BOOTING)], queued=2), 0),
    ("an open launch counts as coming", pool(queued=2, open_launch_slots=2), 0),
    ("a retired slot serves nobody", pool([load("i-1", busy=1, retired=1, free=0)], (0, 1, 100)), 1),
    ("a draining instance serves nobody new", pool([load("i-1", busy=1, state=DRAINING)], (2, 0, 100)), 1),
    ("the ceiling is kept", pool([load("i-1", busy=2)], (0, 0, 4), queued=9), 1),
    (
        "draining machines count against the ceiling",
        pool([load("i-1", busy=1, state=DRAINING)], (0, 0, 4), queued=9),
        1,
    ),
    ("a ceiling that is no multiple is not passed", pool(policy=(0, 0, 3), queued=9), 1),
    ("launches rest after failures", pool(queued=9, launch_rests_until=NOW + 1), 0),
    ("after the rest they go on", pool(queued=2, launch_rests_until=NOW), 1),
    ("one pass starts no more than it may", pool(policy=(0, 0, 1000), queued=500), LAUNCHES_PER_PASS),
]


@pytest.mark.parametrize(("snapshot", "launches"), [row[1:] for row in GROWTH], ids=[row[0] for row in GROWTH])
def test_growth(snapshot: PoolSnapshot, launches: int) -> None:
    assert len(plan_capacity(snapshot).launches) == launches


def test_what_is_not_launched_is_said_with_its_reason() -> None:
    resting = plan_capacity(pool(queued=4, launch_rests_until=NOW + 60))
    full = plan_capacity(pool(policy=(0, 0, 2), queued=4))
    assert [each.alternative for each in resting.rejected] == ["launch 2"]
    assert [each.reason for each in full.rejected] == []  # wanted is cut to the maximum already
    crowded = plan_capacity(pool([load("i-1", busy=2, state=DRAINING)], (0, 0, 2), queued=1))
    assert [each.reason for each in crowded.rejected] == ["the maximum of the pool"]


def test_an_events_slots_are_consumed_and_not_refilled() -> None:
    assert wanted_slots(pool(event_slots=6)) == 6
    assert wanted_slots(pool([load("i-1", busy=2), load("i-2", busy=2)], event_slots=6)) == 6
    assert wanted_slots(pool([load(f"i-{n}", busy=2) for n in range(4)], event_slots=6)) == 8


def test_a_surplus_younger_than_the_back_off_is_kept() -> None:
    plan = plan_capacity(pool([load("i-1")], surplus_since=NOW - SCALE_IN_AFTER_S + 1))
    assert (retired(plan), plan.surplus_since) == ([], NOW - SCALE_IN_AFTER_S + 1)
    assert plan.rejected[0].reason == "the surplus is younger than the back-off"


def test_one_step_at_a_time_on_demand_first() -> None:
    idle = [load("i-1"), load("i-2", market="on-demand"), load("i-3", launched_at=5.0)]
    plan = plan_capacity(pool(idle, surplus_since=NOW - SCALE_IN_AFTER_S))
    assert (retired(plan), plan.surplus_since) == (["i-2"], NOW)


def test_the_clock_is_forgotten_when_the_surplus_is() -> None:
    assert plan_capacity(pool([load("i-1")], (2, 0, 100), surplus_since=NOW - 9999)).surplus_since is None


def test_what_an_event_gives_back_goes_at_once() -> None:
    plan = plan_capacity(pool([load(f"i-{n}") for n in range(4)], (2, 0, 100), give_back_slots=4))
    assert len(plan.retirements) == 2
    assert all(each.is_given_back for each in plan.retirements)
    assert plan.surplus_since == NOW  # the third is an ordinary surplus


def test_a_lowered_maximum_ends_what_is_idle_at_once_and_spares_who_plays() -> None:
    instances = [load("i-1", busy=1), load("i-2"), load("i-3")]
    assert sorted(retired(plan_capacity(pool(instances, (0, 0, 0))))) == ["i-2", "i-3"]
    assert len(plan_capacity(pool(instances, (0, 0, 4))).retirements) == 1


def test_a_drained_instance_goes_when_its_last_viewer_has() -> None:
    instances = [load("i-1", state=DRAINING), load("i-2", state=DRAINING, busy=1)]
    assert retired(plan_capacity(pool(instances))) == ["i-1"]


def test_an_instance_that_lost_slots_is_replaced_once_nobody_plays_on_it() -> None:
    playing = load("i-1", busy=1, free=0, retired=1)
    assert retired(plan_capacity(pool([playing], (1, 0, 100)))) == []
    plan = plan_capacity(pool([replace(playing, busy=0, free=1)], (1, 0, 100)))
    assert (retired(plan), len(plan.launches)) == (["i-1"], 1)


# -- what must hold for any pool

instance_loads = st.builds(
    lambda number, state, slots, busy, retired_slots, market: InstanceLoad(
        instance_id=f"i-{number}",
        state=state,
        slot_count=slots,
        market=market,
        launched_at=0.0,
        busy=min(busy, slots - min(retired_slots, slots)),
        retired=min(retired_slots, slots),
        free=slots - min(retired_slots, slots) - min(busy, slots - min(retired_slots, slots)),
    ),
    st.integers(0, 10**6),
    st.sampled_from(list(InstanceState)),
    st.just(2),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(["spot", "on-demand"]),
)
snapshots = st.builds(
    pool,
    st.lists(instance_loads, max_size=12, unique_by=lambda each: each.instance_id),
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 15).map(lambda n: 2 * n)),
    open_launch_slots=st.integers(0, 4).map(lambda n: 2 * n),
    queued=st.integers(0, 30),
    event_slots=st.integers(0, 30),
    surplus_since=st.one_of(st.none(), st.floats(NOW - 2000, NOW)),
    give_back_slots=st.integers(0, 10),
    launch_rests_until=st.sampled_from([0.0, NOW + 10]),
)


@given(snapshots)
@settings(deadline=None, max_examples=300)
def test_never_above_the_maximum_and_never_a_busy_instance(snapshot: PoolSnapshot) -> None:
    plan = plan_capacity(snapshot)
    paid = {READY, BOOTING, DRAINING, InstanceState.LAUNCHING, InstanceState.INTERRUPTED}
    existing = sum(each.slot_count for each in snapshot.instances if each.state in paid) + snapshot.open_launch_slots
    if plan.launches:
        assert existing + sum(each.slots for each in plan.launches) <= snapshot.policy.maximum
    by_id = {each.instance_id: each for each in snapshot.instances}
    assert all(by_id[each].busy == 0 for each in retired(plan))
    assert len(set(retired(plan))) == len(plan.retirements)
    assert wanted_slots(snapshot) <= snapshot.policy.maximum


@given(snapshots)
@settings(deadline=None, max_examples=100)
def test_passes_converge_when_nothing_else_happens(snapshot: PoolSnapshot) -> None:
    snapshot = replace(snapshot, launch_rests_until=0.0, event_slots=0)
    for _ in range(60):
        plan = plan_capacity(snapshot)
        snapshot = _followed(snapshot, plan)
    assert not plan_capacity(snapshot).changes_anything


def _followed(snapshot: PoolSnapshot, plan: Plan) -> PoolSnapshot:
    """The pool ten minutes later: launched instances are Ready, retired ones gone."""
    gone = set(retired(plan))
    kept = tuple(each for each in snapshot.instances if each.instance_id not in gone)
    new = [load(f"i-n{snapshot.now:.0f}-{n}", slots=each.slots) for n, each in enumerate(plan.launches)]
    return replace(snapshot, instances=(*kept, *new), now=snapshot.now + 600, surplus_since=plan.surplus_since)
