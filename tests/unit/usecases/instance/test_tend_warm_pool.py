"""Stopping and starting instances of the warm pool: each step lost, refused or doubled."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import AccountLimitReached
from greenroom.domain.events import AccountLimitReached as AccountLimitSeen
from greenroom.domain.instance.instance import (
    PAST_NONCES_KEPT,
    STOP_TIMEOUT_S,
    Boot,
    Instance,
    InstanceState,
    is_at_rest,
)
from greenroom.domain.instance.offering import CAPACITY_COOLDOWN_S, market_key
from greenroom.domain.pool.pool import Halt
from greenroom.domain.slot.slot import SlotState
from greenroom.ports.instance import Ec2State, Member
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.instance.tend_warm_pool import reconcile_stopped, start_instances, stop_instances
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.reaper.reconcile_fleet import reconcile_fleet
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.launching import INSTANCE, booted
from tests.fakes.stage import launch, report, stage
from tests.fakes.store import change_instance, change_policy, free_entries, remove

S, SECOND_BOOT = InstanceState, "1" * 32


def row(ports: FakePorts) -> Instance:
    return ports.fleet.get(INSTANCE)


def tier(ports: FakePorts, size: int = 1, always_on: int = 0) -> None:
    change_policy(ports, warm_instances=size, always_on=always_on)


def stopping() -> FakePorts:
    """One on-demand instance, Ready a moment ago, whose rows a pass has stopped; EC2 was not asked yet."""
    ports = stage(0)
    tier(ports, 0, always_on=1)
    booted(ports)
    change_instance(ports, INSTANCE, market="on-demand")
    tier(ports)
    assert plan_pool("demo", ports).stop_ids == (INSTANCE,)
    return ports


def looked_at(ports: FakePorts) -> bool:
    """One pass of the reaper over it."""
    member = Member(row(ports), tuple(ports.slots.list_of_instance(INSTANCE)))
    return reconcile_stopped(member, ports.ec2.instances.get(INSTANCE), ports)


def resting() -> FakePorts:
    """The same, seen stopped, an hour later."""
    ports = stopping()
    stop_instances([INSTANCE], ports)
    ports.ec2.set(INSTANCE, Ec2State.STOPPED)
    assert looked_at(ports)
    ports.time += 3600
    return ports


def starting() -> FakePorts:
    """The same, asked to start."""
    ports = resting()
    assert start_instances("demo", [INSTANCE], ports) == [INSTANCE]
    return ports


# -- stopping


def test_only_what_stands_stopped_is_stopped() -> None:
    ports = stopping()
    assert stop_instances(["i-gone", INSTANCE], ports) == [INSTANCE]
    assert ports.ec2.stopped == [INSTANCE]
    change_instance(ports, INSTANCE, state=S.READY)
    assert stop_instances([INSTANCE], ports) == []


def test_what_ec2_did_not_hear_is_asked_again_until_it_is_stopped() -> None:
    ports = stopping()
    assert looked_at(ports)
    assert looked_at(ports)  # stopping: nothing to ask
    assert ports.ec2.stopped == [INSTANCE]
    assert not is_at_rest(row(ports))
    ports.ec2.set(INSTANCE, Ec2State.STOPPED)
    assert looked_at(ports)
    assert (row(ports).stopped_at, row(ports).deadline_at) == (ports.now(), None)
    at = row(ports)
    ports.time += 60
    assert looked_at(ports)
    assert row(ports) == at  # once: nothing is written about what is at rest


def test_what_cannot_be_stopped_is_ended() -> None:
    ports = stopping()
    ports.ec2.ignored.add(INSTANCE)
    ports.time += STOP_TIMEOUT_S
    assert looked_at(ports)
    assert row(ports).state is S.STOPPED
    ports.time += 1
    assert looked_at(ports)
    assert (row(ports).state, ports.ec2.terminated) == (S.TERMINATING, [INSTANCE])


def test_an_agent_that_goes_down_with_its_instance_changes_nothing() -> None:
    ports = stopping()
    (slot,) = ports.slots.list_of_instance(INSTANCE)
    assert report(ports, None, slot, SlotEvent.READY).state is SlotState.RESETTING
    assert (row(ports).state, free_entries(ports)) == (S.STOPPED, [])


def test_one_that_somebody_else_started_is_stopped_again() -> None:
    ports = resting()
    ports.ec2.set(INSTANCE, Ec2State.RUNNING)
    assert looked_at(ports)
    assert (row(ports).stopped_at, ports.ec2.stopped[-1]) == (None, INSTANCE)
    assert start_instances("demo", [INSTANCE], ports) == []


# -- starting


def test_a_start_brings_slots_again_with_a_new_boot() -> None:
    ports = starting()
    before = row(ports)
    assert (before.state, before.stopped_at, before.launched_at) == (S.LAUNCHING, None, ports.now())
    assert before.heartbeat_at is None  # an hour old: it would pass for silence once the agent registered
    assert before.deadline_at is not None
    assert before.deadline_at > ports.now()
    (old,) = ports.slots.list_of_instance(INSTANCE)
    (slot,) = register_instance(INSTANCE, Boot(SECOND_BOOT), ports).slots
    assert (slot.epoch, slot.state, slot.deadline_at is not None) == (old.epoch + 1, SlotState.RESETTING, True)
    change_instance(ports, INSTANCE, boot_nonce=NONCE)  # as `report` signs
    assert report(ports, None, slot, SlotEvent.READY).state is SlotState.FREE
    assert row(ports).state is S.READY
    assert launch(ports).session.assignment is not None


def test_boot_times_are_those_of_launches_not_of_starts() -> None:
    ports = starting()
    measured = ports.pools.read("demo").boot_times
    (slot,) = register_instance(INSTANCE, Boot(SECOND_BOOT), ports).slots
    change_instance(ports, INSTANCE, boot_nonce=NONCE)
    report(ports, None, slot, SlotEvent.READY)
    assert ports.pools.read("demo").boot_times == measured


@pytest.mark.parametrize("why", ["not seen stopped", "resting", "gone", "halted"])
def test_what_cannot_be_started_now_is_left_alone(why: str) -> None:
    ports = resting()
    if why == "not seen stopped":
        change_instance(ports, INSTANCE, stopped_at=None)
    elif why == "resting":
        change_instance(ports, INSTANCE, rests_until=ports.now() + 1)
    elif why == "gone":
        remove(ports, row(ports))
    else:
        ports.pools.halt("demo", Halt("because", ports.now(), "ada"))
    assert start_instances("demo", [INSTANCE], ports) == []
    assert ports.ec2.started == []


def test_a_start_that_ec2_has_no_place_for_goes_back_rests_and_asks_for_another_pass() -> None:
    ports = resting()
    tier(ports, always_on=1)
    ports.ec2.unstartable.add(INSTANCE)
    ports.bus.events.clear()
    ports.pools.clear_pending("demo")
    assert start_instances("demo", plan_pool("demo", ports).start_ids, ports) == []
    assert (row(ports).state, row(ports).rests_until) == (S.STOPPED, ports.now() + CAPACITY_COOLDOWN_S)
    assert is_at_rest(row(ports))
    assert ports.bus.kinds() == ["PoolChanged"]
    planned = plan_pool("demo", ports)
    assert (planned.start_ids, len(planned.launch_ids)) == ((), 1)
    ports.time += CAPACITY_COOLDOWN_S
    ports.ec2.unstartable.clear()
    assert start_instances("demo", [INSTANCE], ports) == [INSTANCE]


def test_a_start_that_a_quota_refuses_rests_the_market_and_is_told() -> None:
    ports = resting()
    tier(ports, always_on=1)
    ports.ec2.unstartable.add(INSTANCE)
    ports.ec2.start_refusal = AccountLimitReached("VcpuLimitExceeded")
    ports.bus.events.clear()
    assert start_instances("demo", plan_pool("demo", ports).start_ids, ports) == []
    assert AccountLimitSeen("demo", "on-demand", "VcpuLimitExceeded") in ports.bus.events
    (rest,) = ports.offerings.refused("demo", ports.now())
    assert (rest.key, rest.until > ports.now()) == (market_key("on-demand"), True)


def test_a_start_that_was_lost_is_asked_again_while_ec2_shows_it_stopped() -> None:
    ports = starting()
    ports.ec2.set(INSTANCE, Ec2State.STOPPED)
    assert looked_at(ports)
    assert ports.ec2.started == [INSTANCE, INSTANCE]
    assert not looked_at(ports)  # pending: an ordinary boot, for the others to watch
    ports.ec2.set(INSTANCE, Ec2State.STOPPING)
    assert looked_at(ports)
    assert len(ports.ec2.started) == 2


def test_a_start_past_its_deadline_is_the_reapers_like_any_launch() -> None:
    ports = starting()
    ports.ec2.set(INSTANCE, Ec2State.STOPPED)
    ports.time = float(row(ports).deadline_at or 0) + 1
    assert not looked_at(ports)


def test_a_second_call_starts_nothing_twice() -> None:
    ports = starting()
    at = row(ports)
    assert start_instances("demo", [INSTANCE], ports) == [INSTANCE]
    assert row(ports) == at
    register_instance(INSTANCE, Boot(SECOND_BOOT), ports)
    assert start_instances("demo", [INSTANCE], ports) == []


def test_a_serving_or_new_instance_is_not_the_tiers_business() -> None:
    ports = stage(0)
    tier(ports, 0, always_on=1)
    booted(ports)
    ports.ec2.set(INSTANCE, Ec2State.STOPPED)
    assert not looked_at(ports)
    change_instance(ports, INSTANCE, state=S.LAUNCHING, boot_nonce=None)
    assert not looked_at(ports)


def test_a_hundred_starts_do_not_grow_the_row_without_end() -> None:
    ports = stage(0)
    tier(ports, 0, always_on=1)
    booted(ports)
    for number in range(100):
        register_instance(INSTANCE, Boot(f"{number:032x}f"), ports)
    assert len(row(ports).past_nonces) == PAST_NONCES_KEPT


def test_the_reaper_sleeps_beside_a_tier_at_rest_and_not_before() -> None:
    ports = stopping()
    assert reconcile_fleet("reaper", ports.now(), 45, ports).alive
    ports.ec2.set(INSTANCE, Ec2State.STOPPED)
    assert reconcile_fleet("reaper", ports.now(), 45, ports).alive  # this pass saw it stopped
    assert is_at_rest(row(ports))
    assert not reconcile_fleet("reaper", ports.now(), 45, ports).alive


def test_a_start_that_is_refused_when_asked_again_goes_back_too() -> None:
    ports = starting()
    ports.ec2.set(INSTANCE, Ec2State.STOPPED)
    ports.ec2.unstartable.add(INSTANCE)
    assert looked_at(ports)
    assert (row(ports).state, is_at_rest(row(ports))) == (S.STOPPED, True)
