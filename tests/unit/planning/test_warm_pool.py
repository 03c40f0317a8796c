"""The warm pool in the plan: what fills it, what empties it, and that it never takes what is wanted."""

from __future__ import annotations

from dataclasses import replace

from greenroom.planning.plan_capacity import plan_capacity

from tests.unit.planning.snapshots import (
    BOOTING,
    LAUNCHING,
    NOW,
    load,
    pool,
    retired,
    starts,
    stopped,
    stops,
)

OD = "on-demand"


def test_the_worked_example_of_the_module() -> None:
    three = [load(f"i-{n}", market=OD) for n in range(3)]
    plan = plan_capacity(pool([*three, stopped("i-s")], (4, 0, 100), warm_instances=2))
    assert (len(plan.stops), plan.launches, retired(plan)) == (1, (), [])
    plan = plan_capacity(pool([*three[:2], stopped("i-s")], (4, 0, 100), warm_instances=2))
    assert (plan.stops, [each.for_warm_tier for each in plan.launches]) == ((), [True])
    assert plan.launches[0].market == OD
    booting = [*three[:2], stopped("i-s"), load("i-b", market=OD, state=BOOTING)]
    assert not plan_capacity(pool(booting, (4, 0, 100), warm_instances=2)).changes_anything


def test_the_surplus_is_stopped_at_once_and_spot_is_left_to_the_clock() -> None:
    plan = plan_capacity(pool([load("i-1", market=OD), load("i-2")], warm_instances=1))
    assert (stops(plan), plan.launches) == (["i-1"], ())
    assert (retired(plan), plan.surplus_since, plan.surplus_least) == ([], NOW, 2)


def test_a_stop_waits_until_what_replaces_it_has_booted() -> None:
    instances = [load("i-1", market=OD), load("i-2", state=BOOTING)]
    plan = plan_capacity(pool(instances, (2, 0, 100), warm_instances=1))
    assert (stops(plan), plan.launches, plan.surplus_since) == ([], (), None)
    assert stops(plan_capacity(pool([instances[0], load("i-2")], (2, 0, 100), warm_instances=1))) == ["i-1"]


def test_what_is_on_its_way_to_the_tier_is_counted_once_in_every_shape() -> None:
    shapes = [
        pool(open_launch_slots=2, open_on_demand_slots=2, warm_instances=1),
        pool([load("i-1", market=OD, state=LAUNCHING)], warm_instances=1),
        pool([load("i-1", market=OD, state=BOOTING)], warm_instances=1),
        pool([load("i-1", market=OD, free=1)], warm_instances=1),  # one slot is ready, the other not yet
        pool([stopped("i-1", stopped_at=None)], warm_instances=1),
        pool([stopped("i-1")], warm_instances=1),
    ]
    for shape in shapes:
        plan = plan_capacity(shape)
        assert (plan.launches, plan.stops, plan.retirements, plan.surplus_since) == ((), (), (), None)


def test_a_stopped_instance_is_neither_supply_nor_paid() -> None:
    plan = plan_capacity(pool([stopped("i-1"), load("i-2", busy=2)], (0, 0, 4), queued=2, warm_instances=1))
    assert (plan.supply, starts(plan)) == (2, ["i-1"])


def test_the_tier_is_filled_under_the_maximum_of_what_runs() -> None:
    full = plan_capacity(pool([load("i-1", busy=2)], (0, 0, 2), warm_instances=1))
    assert (full.launches, full.rejected[0].reason) == ((), "the maximum of the pool")
    assert len(plan_capacity(pool([load("i-1", busy=2)], (0, 0, 4), warm_instances=2)).launches) == 1


def test_a_maximum_of_zero_empties_the_tier() -> None:
    plan = plan_capacity(pool([stopped("i-1"), stopped("i-2")], (0, 0, 0), warm_instances=2))
    assert sorted(retired(plan)) == ["i-1", "i-2"]
    assert not plan.launches


def test_a_lowered_tier_gives_up_what_could_not_start_then_the_youngest() -> None:
    tier = [
        stopped("i-old"),
        stopped("i-young", launched_at=9.0),
        stopped("i-refused", rests_until=NOW + 60),
    ]
    assert retired(plan_capacity(pool(tier, warm_instances=2))) == ["i-refused"]
    assert retired(plan_capacity(pool(tier, warm_instances=1))) == ["i-refused", "i-young"]


def test_what_is_started_is_not_given_up_and_the_tier_is_refilled_later() -> None:
    snapshot = pool([stopped("i-1"), stopped("i-2")], queued=2, warm_instances=2)
    plan = plan_capacity(snapshot)
    assert (starts(plan), retired(plan), plan.launches) == (["i-1"], [], ())
    assert "the pool itself lacks slots" in [each.reason for each in plan.rejected]
    started = replace(stopped("i-1"), state=LAUNCHING, stopped_at=None)
    (launch,) = plan_capacity(replace(snapshot, instances=(started, stopped("i-2")))).launches
    assert launch.for_warm_tier


def test_why_the_tier_is_not_filled_is_said() -> None:
    reasons = [
        (pool(warm_instances=1, halted="because"), "the pool is halted: because"),
        (pool(warm_instances=1, launch_rests_until=NOW + 1), "launches are paused after failures in a row"),
        (
            pool(warm_instances=1, warm_pool_cooldown_until=NOW + 1),
            "the last launch for the warm pool failed a moment ago",
        ),
        (
            pool(warm_instances=1, markets=("spot",)),
            "the pool's markets exclude on-demand, and Spot instances cannot wait stopped",
        ),
    ]
    for snapshot, reason in reasons:
        plan = plan_capacity(snapshot)
        assert (plan.launches, [each.reason for each in plan.rejected]) == ((), [reason])


def test_a_busy_instance_is_never_stopped() -> None:
    plan = plan_capacity(pool([load("i-1", market=OD, busy=1)], warm_instances=1))
    assert stops(plan) == []


def test_no_more_are_stopped_than_are_ready_beyond_what_is_wanted() -> None:
    instances = [load("i-1", market=OD), load("i-2", market=OD), load("i-3"), load("i-4", state=BOOTING)]
    plan = plan_capacity(pool(instances, (4, 0, 100), warm_instances=2))
    assert (len(plan.stops), plan.launches) == (1, ())  # the other one when i-4 is Ready


def test_what_is_launched_for_the_tier_is_no_surplus() -> None:
    plan = plan_capacity(pool([load("i-1")], open_launch_slots=2, open_on_demand_slots=2, warm_instances=1))
    assert (plan.surplus_since, plan.surplus_least) == (NOW, 2)


def test_what_the_tier_takes_is_no_longer_above_the_maximum() -> None:
    idle = [load("i-1", market=OD), load("i-2"), load("i-3")]
    plan = plan_capacity(pool(idle, (0, 0, 4), warm_instances=1))
    assert (stops(plan), retired(plan), plan.surplus_least) == (["i-1"], [], 4)
