"""Scale-in: what must last, how much one step takes, which instances go, and what need not wait."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import Placement
from greenroom.planning.plan_capacity import plan_capacity

from tests.unit.planning.snapshots import BOOTING, LAUNCHING, NOW, load, pool, retired

OD = "on-demand"
TEN_MINUTES = {"scale_in_after_s": 600}
OVER = {"surplus_since": NOW - 600, "surplus_least": 100}


def test_the_worked_example_of_the_module() -> None:
    five = [load(f"i-{n}") for n in range(5)]
    first = plan_capacity(pool(five[:4], now=NOW, scale_in_step=2, **TEN_MINUTES))
    assert (retired(first), first.surplus_since, first.surplus_least) == ([], NOW, 8)
    dip = plan_capacity(
        pool(five[:3], now=NOW + 300, surplus_since=NOW, surplus_least=8, scale_in_step=2, **TEN_MINUTES)
    )
    assert (retired(dip), dip.surplus_since, dip.surplus_least) == ([], NOW, 6)
    end = plan_capacity(pool(five, now=NOW + 600, surplus_since=NOW, surplus_least=6, scale_in_step=2, **TEN_MINUTES))
    assert (len(retired(end)), end.surplus_since, end.surplus_least) == (2, NOW + 600, 6)
    unhurried = plan_capacity(pool(five, now=NOW + 600, surplus_since=NOW, surplus_least=6, **TEN_MINUTES))
    assert (len(retired(unhurried)), unhurried.surplus_since, unhurried.surplus_least) == (3, NOW + 600, 4)


def test_a_surplus_younger_than_the_back_off_is_kept() -> None:
    plan = plan_capacity(pool([load("i-1")], surplus_since=NOW - 29, surplus_least=2, scale_in_after_s=30))
    assert (retired(plan), plan.surplus_since) == ([], NOW - 29)
    assert plan.rejected[0].reason == "the surplus is younger than 30 s"
    assert retired(plan_capacity(pool([load("i-1")], surplus_since=NOW - 30, surplus_least=2, scale_in_after_s=30)))


def test_the_clock_is_forgotten_when_the_surplus_is() -> None:
    plan = plan_capacity(pool([load("i-1")], (2, 0, 100), **OVER))
    assert (plan.surplus_since, plan.surplus_least) == (None, 0)
    assert plan_capacity(pool([load("i-1")], (1, 0, 100), **OVER)).surplus_since is None  # smaller than an instance


def test_nothing_too_much_means_no_clock_even_beside_an_instance_without_slots() -> None:
    lost = load("i-1", busy=1, retired=2, free=0)
    assert plan_capacity(pool([lost, load("i-2")], (0, 1, 100))).surplus_since is None


def test_a_surplus_that_is_in_use_everywhere_goes_as_soon_as_one_is_idle() -> None:
    scattered = pool([load("i-1", busy=1), load("i-2", busy=1)], surplus_since=NOW - 900, surplus_least=2)
    plan = plan_capacity(scattered)
    assert (retired(plan), plan.surplus_since, plan.surplus_least) == ([], NOW - 900, 2)
    assert plan.rejected[0].reason == "no instance is idle"
    assert retired(plan_capacity(replace(scattered, instances=(load("i-1", busy=1), load("i-2"))))) == ["i-2"]


def test_a_least_surplus_smaller_than_an_instance_starts_the_clock_anew() -> None:
    plan = plan_capacity(pool([load("i-1")], surplus_since=NOW - 900, surplus_least=1))
    assert (retired(plan), plan.surplus_since, plan.surplus_least) == ([], NOW, 2)


def test_on_demand_first_then_the_youngest() -> None:
    idle = [load("i-1"), load("i-2", market=OD), load("i-3", launched_at=5.0)]
    assert retired(plan_capacity(pool(idle, (0, 0, 100), **OVER))) == ["i-2", "i-3", "i-1"]
    assert retired(plan_capacity(pool(idle, (2, 0, 100), **OVER))) == ["i-2", "i-3"]


def test_what_the_spot_share_asks_for_goes_last() -> None:
    idle = [load("i-1", market=OD, launched_at=9.0), load("i-2", market=OD), load("i-3")]
    plan = plan_capacity(pool(idle, (2, 0, 100), spot_share=0, **OVER))
    assert retired(plan) == ["i-1", "i-3"]


def test_a_distributed_pool_keeps_its_zones_balanced() -> None:
    idle = [load("i-1", zone="a", launched_at=9.0), *(load(f"i-{n}", zone="b") for n in (2, 3, 4))]
    spread = pool(idle, (4, 0, 100), placement=Placement.DISTRIBUTED, **OVER)
    left = {"i-1", "i-2", "i-3", "i-4"} - set(retired(plan_capacity(spread)))
    assert sorted(each.zone for each in idle if each.instance_id in left) == ["a", "b"]
    assert retired(plan_capacity(pool(idle, (4, 0, 100), **OVER)))[0] == "i-1"  # packed: only age counts


COMING_STATES = pytest.mark.parametrize("state", [LAUNCHING, BOOTING])


@COMING_STATES
def test_what_is_not_ready_yet_goes_when_it_was_too_much_all_the_time(state: InstanceState) -> None:
    coming = load("i-1", state=state)
    blip = plan_capacity(pool([coming], scale_in_after_s=60))
    assert (retired(blip), blip.surplus_since, blip.surplus_least) == ([], NOW, 2)
    wanted_again = plan_capacity(pool([coming], (2, 0, 100), now=NOW + 30, surplus_since=NOW, surplus_least=2))
    assert (retired(wanted_again), wanted_again.surplus_since) == ([], None)
    lasting = pool([coming], now=NOW + 60, surplus_since=NOW, surplus_least=2, scale_in_after_s=60)
    assert retired(plan_capacity(lasting)) == ["i-1"]


def test_the_second_worked_example_of_the_module() -> None:
    coming, waits = [load("i-1", state=BOOTING), load("i-2", state=BOOTING, launched_at=1.0)], {"scale_in_after_s": 600}
    assert plan_capacity(pool(coming, queued=3)).surplus_since is None
    left = plan_capacity(pool(coming, now=NOW + 60, **waits))
    assert (retired(left), left.surplus_since, left.surplus_least) == ([], NOW + 60, 4)
    since = {"surplus_since": NOW + 60, **waits}
    back = plan_capacity(pool(coming, queued=2, now=NOW + 100, surplus_least=4, **since))
    assert (retired(back), back.surplus_since, back.surplus_least) == ([], NOW + 60, 2)
    playing = [load("i-1", busy=2), coming[1]]
    assert retired(plan_capacity(pool(playing, now=NOW + 659, surplus_least=2, **since))) == []
    assert retired(plan_capacity(pool(playing, now=NOW + 660, surplus_least=2, **since))) == ["i-2"]
    assert retired(plan_capacity(pool(coming, (0, 0, 2), queued=2, now=NOW + 100, **waits))) == ["i-2"], "maximum 2"


def test_what_nobody_could_play_on_yet_goes_before_what_is_ready() -> None:
    three = [load("i-1"), load("i-2", state=BOOTING), load("i-3", state=LAUNCHING, launched_at=9.0)]
    assert retired(plan_capacity(pool(three, (4, 0, 100), **OVER))) == ["i-3"]
    assert retired(plan_capacity(pool(three, (2, 0, 100), **OVER))) == ["i-3", "i-2"]
    shared = [load("i-1"), load("i-2", state=BOOTING, market=OD)]
    assert retired(plan_capacity(pool(shared, (2, 0, 100), spot_share=0, **OVER))) == ["i-1"]


def test_what_boots_and_is_wanted_stays() -> None:
    assert retired(plan_capacity(pool([load("i-1", state=BOOTING)], (2, 0, 100), **OVER))) == []
    assert retired(plan_capacity(pool([load("i-1", state=BOOTING)], queued=1, **OVER))) == []
    tier = pool([load("i-1", state=BOOTING, market=OD)], warm_instances=1, **OVER)
    assert retired(plan_capacity(tier)) == [], "it is on its way to the warm pool"


@COMING_STATES
@pytest.mark.parametrize(
    ("desc", "policy", "facts", "reason"),
    [
        ("a lowered maximum", (0, 0, 0), {}, "above the maximum"),
        ("a halted pool", (0, 0, 100), {"halted": "broken"}, "the pool is halted, and it is not wanted"),
        ("an event that is over", (0, 0, 100), {"give_back_slots": 2}, "given back after an event"),
    ],
)
def test_what_is_not_ready_yet_does_not_wait_for_the_clock_in_vain(
    desc: str, policy: tuple[int, int, int], facts: dict[str, Any], reason: str, state: InstanceState
) -> None:
    plan = plan_capacity(pool([load("i-1", state=state)], policy, **facts))
    assert [each.reason for each in plan.retirements] == [reason], desc


def test_a_halted_pool_keeps_what_is_ready_and_what_it_wants() -> None:
    instances = [load("i-1"), load("i-2", state=BOOTING), load("i-3", state=BOOTING, launched_at=9.0)]
    assert retired(plan_capacity(pool(instances, (4, 0, 100), halted="broken"))) == ["i-3"]
    assert retired(plan_capacity(pool(instances[:1], halted="broken"))) == []


@COMING_STATES
def test_what_starts_an_application_that_was_replaced_goes_at_once_and_is_replaced(state: InstanceState) -> None:
    plan = plan_capacity(pool([load("i-1", state=state, is_outdated=True)], (2, 0, 100)))
    assert (retired(plan), plan.supply, len(plan.launches)) == (["i-1"], 0, 1)
    ready = load("i-1", is_outdated=True)
    assert retired(plan_capacity(pool([ready], (2, 0, 100)))) == [], "who serves keeps what it started with"


def test_what_an_event_gives_back_goes_at_once() -> None:
    plan = plan_capacity(pool([load(f"i-{n}") for n in range(4)], (2, 0, 100), give_back_slots=4))
    assert len(plan.retirements) == 2
    assert all(each.is_given_back for each in plan.retirements)
    assert (plan.surplus_since, plan.surplus_least) == (NOW, 2)  # the third is an ordinary surplus


def test_the_warm_tier_is_served_before_an_event_gives_back() -> None:
    idle = [load(f"i-{n}", market=OD) for n in range(3)]
    plan = plan_capacity(pool(idle, give_back_slots=6, warm_instances=1))
    assert (len(plan.stops), len(plan.retirements)) == (1, 2)


def test_a_lowered_maximum_ends_what_is_idle_at_once_and_spares_who_plays() -> None:
    instances = [load("i-1", busy=1), load("i-2"), load("i-3")]
    assert sorted(retired(plan_capacity(pool(instances, (0, 0, 0))))) == ["i-2", "i-3"]
    assert len(plan_capacity(pool(instances, (0, 0, 4))).retirements) == 1
