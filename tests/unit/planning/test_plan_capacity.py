"""The capacity plan: its worked example, how it grows, and what must hold for any pool."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import Placement
from greenroom.planning.demand import on_demand_part, on_demand_slots
from greenroom.planning.growth import LAUNCHES_PER_PASS
from greenroom.planning.plan import Plan
from greenroom.planning.plan_capacity import plan_capacity, wanted_slots
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planning.snapshots import (
    BOOTING,
    DRAINING,
    NOW,
    READY,
    STOPPED,
    load,
    markets,
    pool,
    retired,
    starts,
    stopped,
    stops,
)


def test_the_worked_example_of_the_module() -> None:
    busy_hour = pool(
        [load("i-1", busy=2), load("i-2", busy=1), stopped("i-3")],
        (2, 2, 16),
        open_launch_slots=2,
        queued=1,
        event_slots=4,
        warm_instances=1,
    )
    plan = plan_capacity(busy_hour)
    assert (plan.wanted, plan.supply, starts(plan), len(plan.launches)) == (10, 6, ["i-3"], 1)
    one_came = replace(busy_hour, queued=1, event_slots=3, instances=(load("i-1", busy=2), load("i-2", busy=2)))
    assert wanted_slots(one_came) == 10
    quiet = pool([load(f"i-{n}") for n in range(4)], (2, 2, 16))
    first = plan_capacity(quiet)
    assert (first.wanted, first.supply, retired(first), first.surplus_since) == (2, 8, [], NOW)
    later = replace(quiet, surplus_since=NOW, surplus_least=first.surplus_least, now=NOW + 600)
    assert len(plan_capacity(later).retirements) == 3


GROWTH = [
    ("an empty pool with nothing asked of it stays empty", pool(), 0),
    ("the floor is held", pool(policy=(3, 0, 100)), 2),
    ("the idle buffer stands beside what is used", pool([load("i-1", busy=2)], (0, 2, 100)), 1),
    ("who waits in line needs a slot", pool(queued=3), 2),
    ("a reservation is held beside what is used", pool([load("i-1", busy=2)], event_slots=4), 2),
    ("what boots counts as coming", pool([load("i-1", state=BOOTING)], queued=2), 0),
    ("an open launch counts as coming", pool(queued=2, open_launch_slots=2), 0),
    ("a retired slot serves nobody", pool([load("i-1", busy=1, retired=1, free=0)], (0, 1, 100)), 1),
    ("a draining instance serves nobody new", pool([load("i-1", busy=1, state=DRAINING)], (2, 0, 100)), 1),
    ("an interrupted one neither", pool([load("i-1", state=InstanceState.INTERRUPTED)], (2, 0, 100)), 1),
    ("a quarantined one neither", pool([load("i-1", state=InstanceState.QUARANTINED)], (2, 0, 100)), 1),
    ("a stopped one neither, while it cannot be started", pool([stopped("i-1", stopped_at=None)], (2, 0, 100)), 1),
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
    ("a halted pool launches nothing", pool(queued=9, halted="the image never boots"), 0),
]


@pytest.mark.parametrize(("snapshot", "launches"), [row[1:] for row in GROWTH], ids=[row[0] for row in GROWTH])
def test_growth(snapshot: PoolSnapshot, launches: int) -> None:
    assert len(plan_capacity(snapshot).launches) == launches


def test_what_is_not_launched_is_said_with_its_reason() -> None:
    resting = plan_capacity(pool(queued=4, launch_rests_until=NOW + 60))
    assert [each.alternative for each in resting.rejected] == ["launch 2"]
    full = plan_capacity(pool(policy=(0, 0, 2), queued=4))
    assert [each.reason for each in full.rejected] == []  # wanted is cut to the maximum already
    crowded = plan_capacity(pool([load("i-1", busy=2, state=DRAINING)], (0, 0, 2), queued=1))
    assert [each.reason for each in crowded.rejected] == ["the maximum of the pool"]
    halted = plan_capacity(pool([stopped("i-1")], queued=4, halted="the image never boots", warm_instances=1))
    assert (starts(halted), halted.waits) == ([], False)
    assert [each.reason for each in halted.rejected] == ["the pool is halted: the image never boots"]


def test_stopped_instances_are_started_before_anything_is_launched() -> None:
    plan = plan_capacity(pool([stopped("i-1"), stopped("i-2")], queued=5, warm_instances=2))
    assert (starts(plan), len(plan.launches)) == (["i-1", "i-2"], 1)
    assert not any(each.for_warm_tier for each in plan.launches)  # what is lacking comes first, the tier after


def test_an_instance_that_cannot_be_started_now_is_replaced_by_a_launch_and_this_is_said() -> None:
    resting = stopped("i-1", rests_until=NOW + 60)
    stopping = stopped("i-2", stopped_at=None)
    plan = plan_capacity(pool([resting, stopping], queued=2, warm_instances=2))
    assert (starts(plan), len(plan.launches)) == ([], 1)
    assert [each.alternative for each in plan.rejected[:2]] == ["start i-1", "start i-2"]
    assert starts(plan_capacity(pool([replace(resting, rests_until=NOW)], queued=2))) == ["i-1"]


def test_starts_respect_the_ceiling() -> None:
    running = load("i-1", busy=2, state=DRAINING)
    assert starts(plan_capacity(pool([running, stopped("i-2")], (2, 0, 2), warm_instances=1))) == []


def test_a_distributed_pool_starts_where_it_has_least() -> None:
    instances = [load("i-1", busy=2, zone="a"), stopped("i-2", zone="a"), stopped("i-3", zone="b")]
    packed = pool(instances, queued=2, warm_instances=1)
    spread = pool(instances, queued=2, warm_instances=1, placement=Placement.DISTRIBUTED)
    assert starts(plan_capacity(packed)) == ["i-2"]
    assert starts(plan_capacity(spread)) == ["i-3"]


def test_a_drained_instance_goes_when_its_last_viewer_has() -> None:
    instances = [load("i-1", state=DRAINING), load("i-2", state=DRAINING, busy=1)]
    assert retired(plan_capacity(pool(instances))) == ["i-1"]


def test_an_instance_that_lost_slots_is_replaced_once_nobody_plays_on_it() -> None:
    playing = load("i-1", busy=1, free=0, retired=1)
    assert retired(plan_capacity(pool([playing], (1, 0, 100)))) == []
    plan = plan_capacity(pool([replace(playing, busy=0, free=1)], (1, 0, 100)))
    assert (retired(plan), len(plan.launches)) == (["i-1"], 1)


# -- what must hold for any pool


def any_load(
    number: int, state: InstanceState, slots: int, busy: int, lost: int, market: str, zone: str, seen: bool, rest: float
) -> InstanceLoad:
    lost = min(lost, slots)
    busy = min(busy, slots - lost) if state is not STOPPED else 0
    free = slots - lost - busy if state is READY else 0
    return InstanceLoad(
        instance_id=f"i-{number}",
        state=state,
        slot_count=slots,
        market="on-demand" if state is STOPPED else market,
        launched_at=float(number % 7),
        free=free,
        busy=busy,
        retired=0 if state is STOPPED else lost,
        zone=zone,
        stopped_at=NOW - 50 if state is STOPPED and seen else None,
        rests_until=NOW + rest if state is STOPPED and rest else None,
    )


instance_loads = st.builds(
    any_load,
    st.integers(0, 10**6),
    st.sampled_from([*InstanceState, READY, READY, READY, STOPPED]),
    st.just(2),
    st.integers(0, 2),
    st.sampled_from([0, 0, 0, 1, 2]),
    st.sampled_from(["spot", "on-demand"]),
    st.sampled_from(["a", "b", "c"]),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 60.0]),
)
snapshots = st.builds(
    pool,
    st.lists(instance_loads, max_size=12, unique_by=lambda each: each.instance_id),
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 15).map(lambda n: 2 * n)),
    open_launch_slots=st.integers(2, 6).map(lambda n: 2 * n),
    open_on_demand_slots=st.integers(0, 2).map(lambda n: 2 * n),
    queued=st.integers(0, 30),
    event_slots=st.integers(0, 30),
    surplus_since=st.one_of(st.none(), st.floats(NOW - 2000, NOW)),
    surplus_least=st.integers(0, 30),
    give_back_slots=st.integers(0, 10),
    launch_rests_until=st.sampled_from([0.0, 0.0, NOW + 10]),
    halted=st.sampled_from([None, None, "because"]),
    longest_session_s=st.sampled_from([3600, 10_000]),
    markets=st.sampled_from([("spot", "on-demand"), ("spot",), ("on-demand",)]),
    warm_instances=st.integers(0, 4),
    scale_in_step=st.integers(1, 4),
    spot_share=st.sampled_from([0, 33, 50, 100]),
    placement=st.sampled_from(Placement),
)


@given(snapshots)
@settings(deadline=None, max_examples=400)
def test_no_plan_passes_the_maximum_takes_who_plays_or_says_two_things_at_once(snapshot: PoolSnapshot) -> None:
    plan = plan_capacity(snapshot)
    more = sum(each.slots for each in plan.launches) + sum(each.slots for each in plan.starts)
    if more:
        assert snapshot.paid_slots + more <= snapshot.policy.maximum
        assert snapshot.halted is None
    by_id = {each.instance_id: each for each in snapshot.instances}
    taken = [*retired(plan), *stops(plan)]
    assert all(by_id[each].busy == 0 for each in taken)
    assert len({*taken, *starts(plan)}) == len(taken) + len(plan.starts)
    assert all(by_id[each].is_idle and by_id[each].market == "on-demand" for each in stops(plan))
    assert plan.wanted <= snapshot.policy.maximum
    assert plan_capacity(snapshot) == plan


@given(snapshots)
@settings(deadline=None, max_examples=400)
def test_what_is_wanted_is_never_given_up_and_nothing_grows_and_shrinks_at_once(snapshot: PoolSnapshot) -> None:
    plan = plan_capacity(snapshot)
    by_id = {each.instance_id: each for each in snapshot.instances}
    given_up = [by_id[each.instance_id] for each in plan.retirements if by_id[each.instance_id].is_idle]
    lost = sum(each.slots for each in given_up) + sum(each.slots for each in plan.stops)
    if lost:
        assert plan.supply - lost >= plan.wanted
        assert not plan.starts
        assert all(each.for_warm_tier for each in plan.launches)


@given(snapshots)
@settings(deadline=None, max_examples=400)
def test_spot_is_for_short_sessions_and_for_its_share(snapshot: PoolSnapshot) -> None:
    plan = plan_capacity(snapshot)
    if "spot" in markets(plan):
        assert "spot" in snapshot.markets
        assert snapshot.longest_session_s <= 7200
        if "on-demand" in snapshot.markets:  # then Spot comes after the on-demand part is whole
            added = sum(each.slots for each in (*plan.launches, *plan.starts) if getattr(each, "market", "") != "spot")
            assert on_demand_slots(snapshot) + added >= on_demand_part(snapshot)
    assert all("on-demand" in snapshot.markets for each in plan.launches if each.market == "on-demand")


@given(snapshots, st.lists(st.integers(0, 12), max_size=6))
@settings(deadline=None, max_examples=200)
def test_passes_settle_when_nothing_else_happens(snapshot: PoolSnapshot, queues: list[int]) -> None:
    snapshot = replace(snapshot, launch_rests_until=0.0)
    for queued in queues:  # restless at first
        snapshot = _followed(replace(snapshot, queued=queued), plan_capacity(replace(snapshot, queued=queued)))
    for _ in range(60):
        snapshot = _followed(snapshot, plan_capacity(snapshot))
    assert not plan_capacity(snapshot).changes_anything


def _followed(snapshot: PoolSnapshot, plan: Plan) -> PoolSnapshot:
    """The pool ten minutes later: what was launched or started is Ready, what was stopped is, what was retired gone."""
    gone, started, stopping = set(retired(plan)), set(starts(plan)), set(stops(plan))

    def after(each: InstanceLoad) -> InstanceLoad:
        if each.instance_id in started:
            return replace(each, state=READY, free=each.slot_count, stopped_at=None, launched_at=snapshot.now)
        if each.instance_id in stopping:
            return replace(each, state=STOPPED, free=0, stopped_at=snapshot.now)
        return replace(each, stopped_at=snapshot.now) if each.state is STOPPED else each

    kept = [after(each) for each in snapshot.instances if each.instance_id not in gone]
    new = [
        load(f"i-n{snapshot.now:.0f}-{n}", slots=each.slots, market=each.market, launched_at=snapshot.now)
        for n, each in enumerate(plan.launches)
    ]
    clock = {"surplus_since": plan.surplus_since, "surplus_least": plan.surplus_least}
    return replace(snapshot, instances=(*kept, *new), now=snapshot.now + 600, **clock)  # type: ignore[arg-type]
