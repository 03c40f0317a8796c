"""Spot where it is safe: the share, long sessions, pools that exclude a market; each refusal is said."""

from __future__ import annotations

from greenroom.planning.plan_capacity import plan_capacity

from tests.unit.planning.snapshots import load, markets, pool, stopped


def test_spot_first_by_default() -> None:
    plan = plan_capacity(pool(queued=4, longest_session_s=3600))
    assert markets(plan) == ["spot", "spot"]
    assert plan.rejected == ()


def test_the_on_demand_part_comes_first() -> None:
    half = pool([load("i-1", busy=2, market="on-demand")], queued=6, spot_share=50)
    plan = plan_capacity(half)  # 8 wanted, 4 of them on-demand, 2 are there
    assert markets(plan) == ["on-demand", "spot", "spot"]
    assert [each.alternative for each in plan.rejected] == ["launch 1 on Spot"]


def test_an_odd_share_is_rounded_towards_on_demand() -> None:
    assert markets(plan_capacity(pool(queued=2, spot_share=99))) == ["on-demand"]
    assert markets(plan_capacity(pool(queued=10, spot_share=75))) == ["on-demand", "on-demand", "spot", "spot", "spot"]


def test_started_instances_and_open_launches_count_as_on_demand() -> None:
    started = pool([stopped("i-1")], queued=8, spot_share=75, warm_instances=1)
    assert markets(plan_capacity(started)) == ["spot"] * 3
    asked = pool(queued=8, spot_share=75, open_launch_slots=2, open_on_demand_slots=2)
    assert markets(plan_capacity(asked)) == ["spot"] * 3


def test_sessions_beyond_two_hours_never_go_to_spot() -> None:
    plan = plan_capacity(pool(queued=4, longest_session_s=7201))
    assert markets(plan) == ["on-demand", "on-demand"]
    assert plan.rejected[0].reason == "sessions may last 7201 s, more than 7200 s, the limit for Spot"
    assert markets(plan_capacity(pool(queued=4, longest_session_s=7200))) == ["spot", "spot"]


def test_a_pool_may_exclude_a_market() -> None:
    only_on_demand = plan_capacity(pool(queued=2, markets=("on-demand",)))
    assert markets(only_on_demand) == ["on-demand"]
    assert only_on_demand.rejected[0].reason == "the pool's markets exclude it"
    only_spot = plan_capacity(pool(queued=2, markets=("spot",), spot_share=50))
    assert markets(only_spot) == ["spot"]
    assert only_spot.rejected[0].alternative == "launch on-demand"


def test_what_no_market_allows_is_not_launched_and_this_is_said() -> None:
    plan = plan_capacity(pool(queued=2, markets=("spot",), longest_session_s=9000))
    assert plan.launches == ()
    assert "the pool allows nothing else" in plan.rejected[0].reason
