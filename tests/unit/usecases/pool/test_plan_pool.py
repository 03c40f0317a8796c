"""A capacity pass: what it commits, and what saves an instance from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from greenroom.domain.errors import Conflict, UnknownInstance
from greenroom.domain.instance.instance import Boot, InstanceState
from greenroom.domain.instance.launch import NOT_WANTED, LaunchState
from greenroom.domain.journal.pool import PoolPlanned
from greenroom.domain.pool.pool import Halt
from greenroom.domain.session.session import StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.instance.abandon_launch import abandon_launch
from greenroom.usecases.instance.await_registration import await_registration
from greenroom.usecases.instance.end_instance import finish_instance
from greenroom.usecases.instance.prepare_launch import prepare_launch
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.instance.retire_instances import retire_instances
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.pool.request_pass import request_pass
from greenroom.usecases.session.end_session import end_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.session.release_slot import release_slot
from greenroom_lab.memory.ec2 import Ec2Busy
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE, a_policy
from tests.fakes.launching import INSTANCE, NO_ANSWER, SUBNETS, brought, launched, policy
from tests.fakes.stage import launch, report, slot_of, stage
from tests.fakes.store import (
    beside,
    change,
    change_application,
    change_instance,
    change_policy,
    change_pool,
    free_count,
    free_entries,
    instances,
    put,
    the_session,
)


def surplus(slots: int = 1) -> FakePorts:
    """Idle slots nobody wants, with the back-off over."""
    ports = stage(slots)
    assert plan_pool("demo", ports).retired_ids == ()
    ports.time += 600
    return ports


def test_a_pass_commits_intents_and_writes_its_decision_down() -> None:
    ports = stage(0)
    policy(ports, always_on=2)
    planned = plan_pool("demo", ports)
    assert len(planned.launch_ids) == 2
    assert {each.state for each in ports.pools.read("demo").launches} == {LaunchState.INTENDED}
    (entry, *_) = ports.memory.entries(PoolPlanned)
    assert (entry.entities, entry.wanted) == (("POOL#default#demo",), 2)
    assert entry.inputs.policy.always_on == 2


def test_a_second_pass_launches_nothing_twice_but_starts_what_the_first_committed() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    first = plan_pool("demo", ports)
    second = plan_pool("demo", ports)
    assert second.launch_ids == first.launch_ids
    assert len(ports.pools.read("demo").launches) == 1


def test_two_passes_at_once_cannot_launch_twice() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    rival = beside(ports)

    def overtake(step: str) -> None:
        if step == "pools.commit_launches":
            ports.memory.between = lambda step: None
            plan_pool("demo", rival)

    ports.memory.between = overtake
    plan_pool("demo", ports)
    assert len(ports.pools.read("demo").launches) == 1


def test_a_pass_that_always_loses_gives_up() -> None:
    ports = stage(0)
    policy(ports, always_on=1)

    def overtake(step: str) -> None:
        if step == "pools.commit_launches":
            before = ports.pools.read("demo").version
            ports.memory.between = lambda step: None
            ports.pools.commit_launches("demo", before, ())
            ports.memory.between = overtake

    ports.memory.between = overtake
    with pytest.raises(Conflict):
        plan_pool("demo", ports)
    assert ports.pools.read("demo").launches == ()


def test_a_change_during_the_pass_asks_for_another_one() -> None:
    ports = stage(0)
    request_pass("demo", "first", ports)
    request_pass("demo", "second", ports)
    assert ports.bus.kinds() == ["PoolChanged"]
    plan_pool("demo", ports)
    request_pass("demo", "third", ports)
    assert ports.bus.kinds() == ["PoolChanged", "PoolChanged"]


def test_a_lasting_surplus_is_drained_and_retired() -> None:
    ports = surplus()
    (instance_id,) = plan_pool("demo", ports).retired_ids
    assert ports.fleet.get(instance_id).state is InstanceState.DRAINING
    assert not free_entries(ports)
    ports.ec2.add(instance_id)
    assert retire_instances([instance_id], ports) == [instance_id]
    assert ports.fleet.get(instance_id).state is InstanceState.TERMINATING
    assert ports.ec2.terminated == [instance_id]
    assert retire_instances([instance_id], ports) == [instance_id]  # a second call asks again, harmlessly


def test_an_instance_that_ec2_refuses_to_end_keeps_no_other_from_its_end() -> None:
    ports = surplus(3)
    first, second, third = plan_pool("demo", ports).retired_ids
    ports.ec2.refusing = {first, second}
    with pytest.raises(Ec2Busy, match=first):
        retire_instances([first, second, third], ports)
    assert ports.ec2.terminated == [third]
    assert {each.state for each in instances(ports)} == {InstanceState.TERMINATING}


def coming(*, registered: bool = False) -> FakePorts:
    """One instance that is not ready yet."""
    ports = stage(0)
    policy(ports, always_on=1)
    launched(ports)
    if registered:
        register_instance(INSTANCE, Boot(NONCE), ports)
    return ports


def of_maximum(ports: FakePorts, maximum: int) -> None:
    change_pool(ports, policy=a_policy(maximum=maximum))


@pytest.mark.parametrize("registered", [False, True])
def test_what_is_not_ready_yet_is_ended_when_the_maximum_is_lowered(registered: bool) -> None:
    ports = coming(registered=registered)
    of_maximum(ports, 0)
    planned = plan_pool("demo", ports)
    assert planned.retired_ids == (INSTANCE,)
    assert retire_instances(planned.retired_ids, ports) == [INSTANCE]
    assert (ports.fleet.get(INSTANCE).state, ports.ec2.terminated) == (InstanceState.TERMINATING, [INSTANCE])
    assert plan_pool("demo", ports).retired_ids == ()


def test_a_launch_that_is_not_wanted_any_more_has_failed_nothing() -> None:
    ports = coming()
    of_maximum(ports, 0)
    retire_instances(plan_pool("demo", ports).retired_ids, ports)
    with pytest.raises(UnknownInstance):
        register_instance(INSTANCE, Boot(NONCE), ports)
    finish_instance(ports.fleet.get(INSTANCE), StatusReason.INSTANCE_UNHEALTHY, ports)
    of_maximum(ports, 10)
    policy(ports, always_on=1)
    rows = ports.pools.read("demo")
    assert [each.reason for each in rows.launches] == [NOT_WANTED]
    assert (rows.failed_launches, rows.failed_boots, "LaunchFailed" in ports.bus.kinds()) == (0, 0, False)
    assert len(plan_pool("demo", ports).launch_ids) == 1


@pytest.mark.parametrize("registered", [False, True])
def test_an_instance_that_comes_on_between_snapshot_and_end_is_saved(registered: bool) -> None:
    """Its agent registers, or its first slot gets ready, in that moment."""
    ports = coming(registered=registered)
    of_maximum(ports, 0)

    def first(step: str) -> None:
        if step in ("fleet.save", "fleet.drain"):
            ports.memory.between = lambda step: None
            if registered:
                report(ports, None, ports.slots.list_of_instance(INSTANCE)[0], SlotEvent.READY)
            else:
                register_instance(INSTANCE, Boot(NONCE), ports)

    ports.memory.between = first
    assert plan_pool("demo", ports).retired_ids == ()
    on = InstanceState.READY if registered else InstanceState.BOOTING
    assert ports.fleet.get(INSTANCE).state is on


def test_what_boots_with_an_earlier_build_is_replaced_at_once_and_what_serves_it_is_not() -> None:
    ports = coming(registered=True)
    assert plan_pool("demo", ports).retired_ids == ()
    mended = change_application(ports, command=("game", "--mended"))
    planned = plan_pool("demo", ports)
    assert (planned.retired_ids, len(planned.launch_ids)) == ((INSTANCE,), 1)
    serving = coming(registered=True)
    report(serving, None, serving.slots.list_of_instance(INSTANCE)[0], SlotEvent.READY)
    put(serving, mended)
    assert plan_pool("demo", serving).retired_ids == ()


def test_what_is_launched_and_not_registered_yet_will_be_told_of_the_new_build() -> None:
    ports = coming()
    change_application(ports, command=("game", "--mended"))
    assert plan_pool("demo", ports).retired_ids == ()
    register_instance(INSTANCE, Boot(NONCE), ports)
    assert plan_pool("demo", ports).retired_ids == ()


def test_what_comes_for_an_application_that_the_pool_no_longer_serves_is_replaced() -> None:
    ports = coming()
    put(ports, replace(ports.catalog.application("demo"), application_id="other"))
    change_pool(ports, application_id="other")
    planned = plan_pool("demo", ports)
    assert (planned.retired_ids, len(planned.launch_ids)) == ((INSTANCE,), 1)


def test_a_claim_between_snapshot_and_drain_saves_the_instance() -> None:
    ports = surplus()

    def claim_first(step: str) -> None:
        if step == "fleet.drain_idle":
            ports.memory.between = lambda step: None
            launch(ports)

    ports.memory.between = claim_first
    assert plan_pool("demo", ports).retired_ids == ()
    session = the_session(ports)
    assert slot_of(ports, session).state is SlotState.RESERVED
    assert {each.state for each in instances(ports)} == {InstanceState.READY}


def test_an_instance_that_serves_somebody_is_never_terminated() -> None:
    ports = stage(1)
    session = launch(ports).session
    assert session.assignment is not None
    instance_id = session.assignment.instance_id
    assert retire_instances([instance_id, "i-gone"], ports) == []
    change_instance(ports, instance_id, state=InstanceState.DRAINING)
    assert retire_instances([instance_id], ports) == []
    assert ports.ec2.terminated == []


# -- the warm pool, markets, clocks, the record


def warm(ports: FakePorts, count: int, **facts: Any) -> None:
    """The pool keeps so many stopped; further facts of the policy by name."""
    change_policy(ports, warm_instances=count, **facts)


def on_demand(ports: FakePorts) -> str:
    """All are; the first one's id."""
    for each in instances(ports):
        change(ports, each, market="on-demand")
    return instances(ports)[0].instance_id


def test_an_idle_surplus_is_stopped_for_the_warm_tier_at_once() -> None:
    ports = stage(1)
    instance_id = on_demand(ports)
    warm(ports, 1)
    planned = plan_pool("demo", ports)
    assert (planned.stop_ids, planned.launch_ids, planned.retired_ids) == ((instance_id,), (), ())
    stands = ports.fleet.get(instance_id)
    assert (stands.state, stands.status_reason, stands.stopped_at) == (InstanceState.STOPPED, "warmTier", None)
    assert stands.deadline_at is not None
    assert {each.state for each in ports.slots.list_of_instance(instance_id)} == {SlotState.RESETTING}
    assert (free_count(ports), free_entries(ports)) == (0, [])
    assert plan_pool("demo", ports) == replace(planned, stop_ids=())


def test_a_claim_between_snapshot_and_stop_saves_the_instance() -> None:
    ports = stage(1)
    instance_id = on_demand(ports)
    warm(ports, 1)

    def claim_first(step: str) -> None:
        if step == "fleet.stop_idle":
            ports.memory.between = lambda step: None
            launch(ports)

    ports.memory.between = claim_first
    assert plan_pool("demo", ports).stop_ids == ()
    assert ports.fleet.get(instance_id).state is InstanceState.READY


def stopped(ports: FakePorts, instance_id: str) -> None:
    change_instance(ports, instance_id, state=InstanceState.STOPPED, stopped_at=ports.now())


def test_starts_are_answered_and_bump_the_version_so_that_no_other_pass_makes_good_the_same_lack() -> None:
    ports = stage(1, SlotState.RESETTING)
    instance_id = on_demand(ports)
    stopped(ports, instance_id)
    warm(ports, 1, always_on=1)
    before = ports.pools.read("demo").version
    planned = plan_pool("demo", ports)
    assert (planned.start_ids, planned.launch_ids) == ((instance_id,), ())
    assert ports.pools.read("demo").version == before + 1
    assert ports.fleet.get(instance_id).state is InstanceState.STOPPED  # start_instances changes it


def test_a_lowered_tier_is_answered_as_retirements_and_they_are_terminated() -> None:
    ports = stage(1, SlotState.RESETTING)
    instance_id = on_demand(ports)
    stopped(ports, instance_id)
    planned = plan_pool("demo", ports)
    assert planned.retired_ids == (instance_id,)
    assert retire_instances(planned.retired_ids, ports) == [instance_id]
    assert ports.fleet.get(instance_id).state is InstanceState.TERMINATING


def test_launches_carry_their_market_and_purpose() -> None:
    ports = stage(0)
    warm(ports, 1, spot_share=50, always_on=2)
    plan_pool("demo", ports)
    assert sorted(each.market for each in ports.pools.read("demo").launches) == ["on-demand", "spot"]
    plan_pool("demo", ports)
    assert sorted(each.for_warm_tier for each in ports.pools.read("demo").launches) == [False, False, True]


def test_a_failed_launch_for_the_tier_makes_the_tier_rest_and_nobody_else() -> None:
    ports = stage(0)
    warm(ports, 1)
    (launch_id,) = plan_pool("demo", ports).launch_ids
    ports.time += 1
    prepare_launch("demo", launch_id, SUBNETS, ports)
    assert abandon_launch("demo", launch_id, "CapacityUnavailable", NO_ANSWER, ports)
    assert plan_pool("demo", ports).launch_ids == ()
    warm(ports, 1, always_on=1)
    assert len(plan_pool("demo", ports).launch_ids) == 1
    ports.time += 600
    plan_pool("demo", ports)
    assert [each.for_warm_tier for each in ports.pools.read("demo").launches] == [True, False, True]


def test_a_halted_pool_says_so_in_its_decision() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    ports.pools.halt("demo", Halt("the image never boots", ports.now(), "greenroom"))
    assert plan_pool("demo", ports).launch_ids == ()
    *_, entry = ports.memory.entries(PoolPlanned)
    assert entry.inputs.halted == "the image never boots"
    assert entry.rejected == ("start or launch 1 slots: the pool is halted: the image never boots",)


def test_the_record_says_what_was_decided_on_and_what_became_of_it() -> None:
    ports = stage(2)
    on_demand(ports)
    instance_id = min(each.instance_id for each in instances(ports))
    warm(ports, 1)
    plan_pool("demo", ports)
    *_, entry = ports.memory.entries(PoolPlanned)
    assert entry.stopped_ids == (instance_id,)
    assert f"{instance_id} Ready on-demand us-east-1a busy 0 of 1" in entry.inputs.instances
    assert entry.stops == (f"{instance_id}: the warm pool lacks 1, it is not needed",)
    assert (entry.surplus_since, entry.surplus_least) == (ports.now(), 1)


def test_what_a_pass_takes_out_of_service_leaves_the_coarse_counter() -> None:
    ports = surplus(3)
    assert len(plan_pool("demo", ports).retired_ids) == 3
    assert ports.pools.free("demo") == 0


def test_the_step_takes_what_was_too_much_all_the_time() -> None:
    ports = stage(4)
    assert plan_pool("demo", ports).retired_ids == ()
    ports.time += 300
    ports.pools.lower_surplus("demo", ports.now() - 300, 2)  # as the reaper saw it
    ports.time += 300
    assert len(plan_pool("demo", ports).retired_ids) == 2
    rows = ports.pools.read("demo")
    assert (rows.surplus_since, rows.surplus_least) == (ports.now(), 2)


# -- how many passes


def serve(ports: FakePorts) -> int:
    """Run a pass for each PoolChanged, as the machine does; how many there were."""
    passes = 0
    while "PoolChanged" in ports.bus.kinds():
        ports.bus.events.clear()
        plan_pool("demo", ports)
        passes += 1
    return passes


def came_up(ports: FakePorts, number: int) -> int:
    """An instance of two slots registers and gets ready; how many passes it caused."""
    launch_id = ports.pools.read("demo").launches[number].launch_id
    instance_id = f"i-{number:016x}"
    ports.ec2.add(instance_id, launch_id, ports.now())
    prepare_launch("demo", launch_id, SUBNETS, ports)
    await_registration("demo", launch_id, brought(instance_id), f"token-{launch_id}", ports)
    passes = serve(ports)
    for slot in register_instance(instance_id, Boot(NONCE), ports).slots:
        report(ports, None, slot, SlotEvent.READY)
        passes += serve(ports)
    return passes


@pytest.mark.parametrize(("always_on", "target_idle"), [(20, 0), (0, 20), (20, 5)])
def test_twenty_slots_that_come_up_cause_one_pass_at_most(always_on: int, target_idle: int) -> None:
    ports = stage(0)
    change_application(ports, slots_per_instance=2)
    policy(ports, always_on=always_on, target_idle=target_idle, maximum=40)
    request_pass("demo", "configured", ports)
    assert serve(ports) == 1
    assert len(ports.pools.read("demo").launches) == 10
    assert sum(came_up(ports, number) for number in range(10)) <= 1
    assert ports.pools.free("demo") == 20


def test_ten_viewers_who_leave_cause_one_pass_when_the_buffer_is_whole_again() -> None:
    ports = stage(20, target_idle=10)
    sessions = [launch(ports, f"viewer-{number}").session for number in range(12)]
    assert serve(ports) >= 1  # two fewer than the buffer
    for session in sessions:
        end_session(session.session_id, StatusReason.USER_LEFT, ports)
        release_slot(session.session_id, ports)
    passes = serve(ports)
    for session in sessions:
        report(ports, None, slot_of(ports, session), SlotEvent.READY)
        passes += serve(ports)
    assert passes == 1


def test_a_pass_that_sees_fewer_too_many_remembers_it() -> None:
    ports = stage(4)
    plan_pool("demo", ports)
    since = ports.now()
    launch(ports)
    ports.time += 60
    plan_pool("demo", ports)
    rows = ports.pools.read("demo")
    assert (rows.surplus_since, rows.surplus_least) == (since, 3)


def test_only_open_launches_bound_to_on_demand_count_for_the_share() -> None:
    ports = stage(0)
    warm(ports, 0, spot_share=50, always_on=2)
    plan_pool("demo", ports)
    warm(ports, 0, spot_share=50, always_on=4)
    plan_pool("demo", ports)
    assert sorted(each.market for each in ports.pools.read("demo").launches) == ["on-demand"] * 2 + ["spot"] * 2
