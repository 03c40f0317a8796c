"""Preflights: each check in each outcome, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from greenroom.domain.event.preflight import Check, CheckStatus, Preflight
from greenroom.domain.instance.offering import Cooldown
from greenroom.domain.pool.pool import Halt
from greenroom.domain.slot.slot import SlotState
from greenroom.ports.quota import Subnet
from greenroom.usecases.event.preflight_event import preflight_event
from greenroom.usecases.event.read_event import read_event
from greenroom.usecases.event.schedule_event import schedule_event
from greenroom_lab.memory.ports import FakePorts

from tests.builders import a_policy, a_pool
from tests.fakes.events import held, look, plan, scheduled
from tests.fakes.stage import add_slot, stage
from tests.fakes.store import events, put

NAMES = ["quota", "image", "addresses", "offerings", "budget", "pool", "timeToWarm"]


def preflight(ports: FakePorts, **facts: Any) -> Preflight:
    """Of an event of 10 sessions in 2 hours; a pool of g5.xlarge on both markets."""
    event = scheduled(ports, **{"sessions": 10, **facts})
    return preflight_event(read_event(event.event_id, ports), ports)


def check(made: Preflight, name: str) -> Check:
    (found,) = [each for each in made.checks if each.name == name]
    return found


def test_all_is_well() -> None:
    made = preflight(stage(0))
    assert [each.name for each in made.checks] == NAMES
    assert {each.status for each in made.checks} == {CheckStatus.OK}, made.checks
    assert made.worst is CheckStatus.OK
    assert not [each for each in made.checks if each.remedy]
    assert made.time_to_warm_s == 100


def quotas(spot: float, on_demand: float) -> Callable[[FakePorts], None]:
    return lambda ports: ports.account.quotas.update({"spot": spot, "on-demand": on_demand})


def pool(**facts: Any) -> Callable[[FakePorts], None]:
    def configure(ports: FakePorts) -> None:
        policy = a_policy(target_idle=facts.pop("target_idle", 0), maximum=facts.pop("maximum", 100))
        put(ports, a_pool(policy=policy, **facts))

    return configure


def places(*free: int) -> Callable[[FakePorts], None]:
    subnets = [Subnet(f"subnet-{number}", f"us-east-1{'abc'[number]}", each) for number, each in enumerate(free)]

    def change(ports: FakePorts) -> None:
        ports.account.places = subnets

    return change


def with_running(ports: FakePorts) -> None:
    quotas(100, 100)(ports)
    ports.account.instances = {("g5.xlarge", "on-demand"): 20, ("g5.xlarge", "spot"): 1}


CASES: list[tuple[str, str, str, Callable[[FakePorts], object]]] = [
    ("both markets hold it", "quota", "ok", quotas(40, 40)),
    ("a new account has no quota", "quota", "failed", quotas(0, 0)),
    ("only together", "quota", "warning", quotas(20, 20)),
    ("no fallback", "quota", "warning", quotas(40, 0)),
    ("what runs counts", "quota", "warning", with_running),
    ("a type without a known size", "quota", "unknown", pool(instance_types=("t3.small",))),
    ("larger types may not fit", "quota", "warning", pool(instance_types=("g5.xlarge", "g5.48xlarge"))),
    ("a deregistered image", "image", "failed", lambda ports: setattr(ports.account, "image_state", "missing")),
    ("an image that is not ready", "image", "failed", lambda ports: setattr(ports.account, "image_state", "pending")),
    ("no addresses", "addresses", "failed", places(5, 4)),
    ("one subnet is short", "addresses", "warning", places(5, 40)),
    ("a type is offered nowhere", "offerings", "failed", pool(instance_types=("g5.xlarge",))),
    ("a zone lacks a type", "offerings", "warning", lambda ports: None),
    ("one rested a moment ago", "offerings", "warning", lambda ports: None),
    ("no limit", "budget", "ok", lambda ports: None),
    ("too many slots", "pool", "failed", pool(maximum=9)),
    ("no room for the idle buffer", "pool", "warning", pool(maximum=10, target_idle=1)),
]


@pytest.mark.parametrize(("desc", "name", "status", "change"), CASES, ids=[each[0] for each in CASES])
def test_a_check_says_what_is_wrong_and_what_to_do(
    desc: str, name: str, status: str, change: Callable[[FakePorts], object]
) -> None:
    ports = stage(0)
    event = scheduled(ports, sessions=10)
    change(ports)
    if desc == "a type is offered nowhere":
        ports.account.not_offered = {("g5.xlarge", "us-east-1a"), ("g5.xlarge", "us-east-1b")}
    if desc == "a zone lacks a type":
        ports.account.not_offered = {("g5.xlarge", "us-east-1b")}
    if desc == "one rested a moment ago":
        now, key = ports.now(), "g5.xlarge#subnet-a#spot"
        ports.offerings.cool_down("demo", Cooldown(key, "InsufficientInstanceCapacity", now, now + 180))
        ports.offerings.cool_down("demo", Cooldown("g5.xlarge#subnet-b#spot", "Unsupported", now - 1000, now - 10))
    found = check(preflight_event(read_event(event.event_id, ports), ports), name)
    assert found.status.value == status, found
    assert found.detail
    assert "subnet-b" not in found.detail
    assert bool(found.remedy) == (status in ("warning", "failed"))


BUDGETS = [(100.0, "ok"), (15.0, "warning"), (1.0, "failed")]


@pytest.mark.parametrize(("limit", "status"), BUDGETS)
def test_the_estimate_is_compared_with_what_may_be_spent(limit: float, status: str) -> None:
    """10 instances for 1 h 20 min: 6.71 $ on Spot to 13.41 $ on demand; here with g5.2xlarge beside, to 16.16 $."""
    ports = stage(0)
    pool(instance_types=("g5.xlarge", "g5.2xlarge"))(ports)
    found = check(preflight(ports, maximum_cost_usd=limit), "budget")
    assert found.status.value == status
    assert found.detail.startswith("10 instances for 1.3 h: about 6.71 to 16.16 $")


def test_a_type_without_a_price_has_no_estimate() -> None:
    ports = stage(0)
    pool(instance_types=("t3.small",))(ports)
    assert check(preflight(ports, maximum_cost_usd=1.0), "budget").status is CheckStatus.UNKNOWN


@pytest.mark.parametrize(
    ("fact", "names"),
    [
        ("image", {"image"}),
        ("subnets", {"addresses", "offerings"}),
        ("offered", {"offerings"}),
        ("running", {"quota"}),
        ("vcpu_quota", {"quota"}),
    ],
)
def test_what_cannot_be_asked_is_unknown_with_the_reason_and_hides_nothing(fact: str, names: set[str]) -> None:
    ports = stage(0)
    ports.account.silent = {fact}
    made = preflight(ports)
    unknown = {each.name for each in made.checks if each.status is CheckStatus.UNKNOWN}
    assert unknown == names
    assert all("AccessDenied" in check(made, name).detail for name in names)
    assert [each.name for each in made.checks] == NAMES


def test_a_halted_pool_fails_and_tells_why() -> None:
    ports = stage(0)
    ports.pools.halt("demo", Halt("three boots failed", 1.0, "greenroom"))
    found = check(preflight(ports), "pool")
    assert (found.status, "three boots failed" in found.detail) == (CheckStatus.FAILED, True)


def test_events_of_the_same_time_count_together() -> None:
    ports = stage(0)
    pool(maximum=15)(ports)
    scheduled(ports, sessions=10)
    assert check(preflight(ports), "pool").status is CheckStatus.FAILED
    assert check(preflight(ports, ahead_s=100_000), "pool").status is CheckStatus.OK


def test_a_start_too_soon_to_warm_is_told_and_not_refused() -> None:
    ports = stage(0)
    made = preflight(ports, ahead_s=120)
    assert held(ports) == {events(ports)[0].event_id: 10}
    assert made.latest_safe_start == ports.now() + 120 - 60 - 100
    late = stage(0)
    event = scheduled(late, sessions=10)
    late.time = event.start - 100
    found = check(preflight_event(read_event(event.event_id, late), late), "timeToWarm")
    assert found.status is CheckStatus.FAILED
    assert "which is past" in found.detail


def test_until_a_boot_is_measured_twenty_minutes_are_assumed() -> None:
    ports = stage(0)
    event = schedule_event(plan(ports), "op", ports).event
    made = preflight_event(read_event(event.event_id, ports), ports)
    assert (check(made, "timeToWarm").status, made.time_to_warm_s) == (CheckStatus.WARNING, 1200)


def test_what_is_warm_already_is_not_wanted_twice() -> None:
    ports = stage(0)
    event = scheduled(ports, sessions=10)
    for number in range(8):
        add_slot(ports, f"i-0000000{number}", SlotState.FREE)
    quotas(8, 8)(ports)
    made = look(ports, event.event_id, event.start - 3600).event.preflight
    assert made is not None
    assert check(made, "quota").status is CheckStatus.OK


def test_a_slow_account_is_not_waited_for() -> None:
    ports = stage(0)
    event = scheduled(ports)
    quota = ports.account.vcpu_quota

    def slow(market: str) -> float:
        ports.time += 7
        return quota(market)

    ports.account.vcpu_quota = slow  # type: ignore[method-assign]
    made = preflight_event(read_event(event.event_id, ports), ports)
    assert check(made, "quota").status is CheckStatus.OK
    unknown = [each.name for each in made.checks if "too slowly" in each.detail]
    assert unknown == ["image", "addresses", "offerings"]
