"""A launch: asked of EC2, answered or refused, awaited, undone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import (
    AccountLimitReached,
    CapacityUnavailable,
    LaunchAbandoned,
    OfferingsInvalid,
    PoolIsHalted,
    RequestThrottled,
    StaleBoot,
    UnknownInstance,
)
from greenroom.domain.instance.instance import Boot, InstanceState
from greenroom.domain.instance.launch import LaunchState
from greenroom.domain.instance.offering import (
    CAPACITY_COOLDOWN_S,
    JITTER,
    LIMIT_COOLDOWN_S,
    Asked,
    FleetAnswer,
    Offering,
    Refusal,
    market_key,
)
from greenroom.domain.journal import launch as journal
from greenroom.domain.pool.pool import Halt
from greenroom.domain.session.session import SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.instance.abandon_launch import FIRST_COOLDOWN_S, abandon_launch
from greenroom.usecases.instance.await_registration import await_registration
from greenroom.usecases.instance.prepare_launch import prepare_launch
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom_lab.memory.ec2 import ALWAYS, Ec2Busy
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.launching import (
    INSTANCE,
    NO_ANSWER,
    SUBNETS,
    booted,
    brought,
    launched,
    planned,
    policy,
    refused,
    requested,
)
from tests.fakes.stage import launch, stage
from tests.fakes.store import free_entries, instances, rests, snapshot

LATER = "f" * 32


def house(always_on: int = 1) -> FakePorts:
    ports = stage(0)
    policy(ports, always_on=always_on)
    return ports


def test_spot_and_on_demand_are_two_requests_over_all_types_and_subnets() -> None:
    ports = house()
    prepared = prepare_launch("demo", planned(ports).launch_id, SUBNETS, ports)
    assert prepared.spot is not None
    assert prepared.on_demand is not None
    assert prepared.spot.client_token != prepared.on_demand.client_token
    assert [(each.instance_type, each.place) for each in prepared.spot.offerings] == [
        ("g5.xlarge", "subnet-a"),
        ("g5.xlarge", "subnet-b"),
    ]


def test_preparing_twice_asks_for_the_same_thing() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    assert prepare_launch("demo", launch_id, SUBNETS, ports) == prepare_launch("demo", launch_id, SUBNETS, ports)


def test_offerings_on_hold_are_left_out_until_they_have_rested() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    with pytest.raises(CapacityUnavailable):
        await_registration("demo", launch_id, refused("InsufficientInstanceCapacity"), "t", ports)
    spot = prepare_launch("demo", launch_id, SUBNETS, ports).spot
    assert spot is not None
    assert [each.place for each in spot.offerings] == ["subnet-b"]
    assert prepare_launch("demo", launch_id, ("subnet-a",), ports).spot is None
    ports.time += CAPACITY_COOLDOWN_S * (1 + JITTER)
    assert prepare_launch("demo", launch_id, ("subnet-a",), ports).spot is not None


def test_a_quota_rests_its_market_and_is_told_once() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    for _ in range(2):  # the machine's step, and the undo after it
        with pytest.raises(AccountLimitReached):
            await_registration("demo", launch_id, refused("MaxSpotInstanceCountExceeded"), "t", ports)
    assert rests(ports) == [("demo", market_key("spot"))]
    assert [each.detail() for each in ports.bus.events] == [
        {"poolId": "demo", "market": "spot", "code": "MaxSpotInstanceCountExceeded"}
    ]
    assert len(ports.memory.entries(journal.AccountLimitReached)) == 1
    prepared = prepare_launch("demo", launch_id, SUBNETS, ports)
    assert prepared.spot is None
    assert prepared.on_demand is not None
    ports.time += LIMIT_COOLDOWN_S * (1 + JITTER)
    assert prepare_launch("demo", launch_id, SUBNETS, ports).spot is not None


def test_both_quotas_used_up_name_the_failure_and_the_pool_still_queues() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    with pytest.raises(AccountLimitReached):
        await_registration("demo", launch_id, refused("MaxSpotInstanceCountExceeded"), "t", ports)
    with pytest.raises(AccountLimitReached):
        await_registration("demo", launch_id, refused("VcpuLimitExceeded", market="on-demand"), "t", ports)
    with pytest.raises(AccountLimitReached):
        prepare_launch("demo", launch_id, SUBNETS, ports)
    assert launch(ports).session.state is SessionState.QUEUED


def test_a_quota_beside_a_lack_of_capacity_is_a_lack_of_capacity() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    both = refused("VcpuLimitExceeded", "InsufficientInstanceCapacity")
    with pytest.raises(CapacityUnavailable):
        await_registration("demo", launch_id, both, "t", ports)


def test_a_throttled_call_rests_nothing() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    with pytest.raises(RequestThrottled):
        await_registration("demo", launch_id, refused("RequestLimitExceeded"), "t", ports)
    assert not rests(ports)


def test_an_offering_that_can_never_work_rests_long_and_is_said_once() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    for _ in range(2):
        with pytest.raises(OfferingsInvalid):
            await_registration("demo", launch_id, refused("Unsupported"), "t", ports)
    (entry,) = ports.memory.entries(journal.OfferingInvalid)
    assert entry.facts() == {"offering": "g5.xlarge#subnet-a#spot", "code": "Unsupported", "message": "no"}
    ports.time += CAPACITY_COOLDOWN_S * (1 + JITTER)
    spot = prepare_launch("demo", launch_id, SUBNETS, ports).spot
    assert spot is not None
    assert [each.place for each in spot.offerings] == ["subnet-b"]


def test_a_refusal_that_names_no_offering_means_all_that_were_asked_for() -> None:
    ports = house()
    spot = prepare_launch("demo", planned(ports).launch_id, SUBNETS, ports).spot
    assert spot is not None
    unnamed = Refusal("UnfulfillableCapacity", "no", None, "spot")
    answer = FleetAnswer((), (unnamed,), (Asked("spot", spot.offerings),))
    with pytest.raises(CapacityUnavailable):
        await_registration("demo", spot.launch_id, answer, "t", ports)
    assert set(rests(ports)) == {("demo", each.key) for each in spot.offerings}


def test_a_launch_for_on_demand_asks_spot_for_nothing() -> None:
    ports = house()
    row = planned(ports)
    ports.launches.save(replace(row, market="on-demand"))
    prepared = prepare_launch("demo", row.launch_id, SUBNETS, ports)
    assert prepared.spot is None
    assert prepared.on_demand is not None


def test_a_halted_pool_launches_nothing_that_was_intended_before() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    ports.pools.halt("demo", Halt("because", ports.now(), "ada"))
    with pytest.raises(PoolIsHalted):
        prepare_launch("demo", launch_id, SUBNETS, ports)
    assert ports.launches.get("demo", launch_id).state is LaunchState.INTENDED


def test_every_attempt_is_in_the_decision_record() -> None:
    ports = house()
    prepared = prepare_launch("demo", planned(ports).launch_id, SUBNETS, ports)
    assert prepared.spot is not None
    assert prepared.on_demand is not None
    asked = tuple(Asked(each.market, each.offerings) for each in (prepared.spot, prepared.on_demand))
    no = Refusal("InsufficientInstanceCapacity", "no", Offering("g5.xlarge", "subnet-a", "spot"), "spot")
    answer = FleetAnswer(brought(market="on-demand").launched, (no,), asked)
    await_registration("demo", prepared.spot.launch_id, answer, "token", ports)
    (entry,) = ports.memory.entries(journal.InstanceLaunched)
    assert entry.facts()["attempts"] == [
        {
            "market": "spot",
            "offerings": ["g5.xlarge#subnet-a#spot", "g5.xlarge#subnet-b#spot"],
            "instanceIds": [],
            "refusals": [
                {"offering": "g5.xlarge#subnet-a#spot", "code": "InsufficientInstanceCapacity", "kind": "capacity"}
            ],
        },
        {
            "market": "on-demand",
            "offerings": ["g5.xlarge#subnet-a#on-demand", "g5.xlarge#subnet-b#on-demand"],
            "instanceIds": [INSTANCE],
            "refusals": [],
        },
    ]


def test_a_failed_launch_records_its_attempts_and_what_ec2_said() -> None:
    ports = house()
    answer = replace(refused("InsufficientInstanceCapacity"), fault="The image id does not exist")
    abandon_launch("demo", requested(ports).launch_id, "Ec2.Ec2Exception", answer, ports)
    (entry,) = ports.memory.entries(journal.LaunchFailed)
    assert (entry.reason, entry.fault) == ("Ec2.Ec2Exception", "The image id does not exist")
    assert [each.market for each in entry.attempts] == ["spot"]


def test_the_answered_instance_is_written_down_and_the_machine_waits() -> None:
    ports = house()
    done = launched(ports)
    instance = ports.fleet.get(INSTANCE)
    assert (instance.state, instance.market, instance.zone) == (InstanceState.LAUNCHING, "spot", "us-east-1a")
    assert (done.state, done.instance_ids) == (LaunchState.LAUNCHED, (INSTANCE,))
    assert ports.tasks.answers == []
    assert plan_pool("demo", ports).launch_ids == ()  # it counts as coming


def test_registration_answers_the_waiting_machine_and_makes_the_slots() -> None:
    ports = house()
    done = launched(ports)
    registration = register_instance(INSTANCE, Boot(NONCE), ports)
    assert registration.instance.state is InstanceState.BOOTING
    assert [(each.number, each.epoch, each.state) for each in registration.slots] == [(1, 0, SlotState.RESETTING)]
    assert ports.tasks.facts(f"token-{done.launch_id}") == ["registered"]
    assert ports.launches.get("demo", done.launch_id).state is LaunchState.REGISTERED


def test_an_agent_faster_than_its_row_is_known_by_its_tags_and_answers_the_later_token() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    ports.ec2.add(INSTANCE, launch_id)
    registration = register_instance(INSTANCE, Boot(NONCE), ports)
    assert registration.instance.launch_id == launch_id
    assert ports.tasks.answers == []
    await_registration("demo", launch_id, brought(), "token", ports)
    assert ports.tasks.facts("token") == ["registered"]
    assert ports.fleet.get(INSTANCE).state is InstanceState.BOOTING
    assert plan_pool("demo", ports).launch_ids == ()


@pytest.mark.parametrize("first", ["launches.save"])
def test_token_and_registration_crossing_answer_once(first: str) -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    ports.ec2.add(INSTANCE, launch_id)

    def register_now(step: str) -> None:
        if step == first:
            ports.memory.between = lambda step: None
            register_instance(INSTANCE, Boot(NONCE), ports)

    ports.memory.between = register_now
    await_registration("demo", launch_id, brought(), "token", ports)
    assert ports.tasks.facts("token") == ["registered"]


@pytest.mark.parametrize(
    ("desc", "launch_tag"), [("no such instance", None), ("nobody's launch", "lch-x")], ids=lambda v: str(v)
)
def test_an_instance_nobody_launched_is_refused_and_nothing_is_written(desc: str, launch_tag: str | None) -> None:
    ports = house()
    if launch_tag is not None:
        ports.ec2.add(INSTANCE, launch_tag)
    with pytest.raises(UnknownInstance):
        register_instance(INSTANCE, Boot(NONCE), ports)
    assert not instances(ports)


def test_registering_again_changes_nothing() -> None:
    ports = house()
    booted(ports)
    before = snapshot(ports).slots
    register_instance(INSTANCE, Boot(NONCE), ports)
    assert snapshot(ports).slots == before
    assert ports.fleet.get(INSTANCE).state is InstanceState.READY


def test_a_restarted_machine_outdates_its_slots_and_their_sessions_wait_for_others() -> None:
    ports = house()
    booted(ports)
    session = launch(ports).session
    assert session.state is SessionState.ASSIGNED
    registration = register_instance(INSTANCE, Boot(LATER), ports)
    (slot,) = registration.slots
    assert (slot.state, slot.epoch, slot.session_id) == (SlotState.RESETTING, 2, None)
    moving = ports.sessions.get(session.session_id)
    assert (moving.state, moving.migrations) == (SessionState.MIGRATING, 1)
    assert moving.moving is not None
    assert moving.moving.reason is StatusReason.INSTANCE_UNHEALTHY
    assert registration.instance.state is InstanceState.BOOTING
    assert not free_entries(ports)
    with pytest.raises(StaleBoot):
        register_instance(INSTANCE, Boot(NONCE), ports)


def test_a_crash_before_the_new_nonce_is_written_leaves_the_slots_outdated() -> None:
    ports = house()
    booted(ports)

    def crash(step: str) -> None:
        if step == "fleet.save":
            raise ConnectionError

    ports.memory.between = crash
    with pytest.raises(ConnectionError):
        register_instance(INSTANCE, Boot(LATER), ports)
    ports.memory.between = lambda step: None
    assert not free_entries(ports)
    (slot,) = register_instance(INSTANCE, Boot(LATER), ports).slots
    assert (slot.state, slot.epoch) == (SlotState.RESETTING, 2)


def test_an_abandoned_launch_is_undone_by_tag_and_reported_and_the_pool_rests() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    ports.ec2.add(INSTANCE, launch_id)  # EC2's reply was lost: no row names it
    assert abandon_launch("demo", launch_id, "States.Timeout", NO_ANSWER, ports)
    assert ports.ec2.terminated == [INSTANCE]
    failed = ports.launches.get("demo", launch_id)
    assert (failed.state, failed.reason) == (LaunchState.FAILED, "States.Timeout")
    assert ports.bus.kinds() == ["LaunchFailed", "ReaperNeeded"]
    assert plan_pool("demo", ports).launch_ids == ()
    ports.time += FIRST_COOLDOWN_S * (1 + JITTER)
    assert len(plan_pool("demo", ports).launch_ids) == 1
    with pytest.raises(UnknownInstance):
        register_instance(INSTANCE, Boot(NONCE), ports)
    assert not instances(ports)


def test_an_instance_that_ec2_refuses_to_end_keeps_neither_the_others_nor_the_report() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    for instance_id in (INSTANCE, "i-0000000000000002"):
        ports.ec2.add(instance_id, launch_id)
    ports.ec2.refusing.add(INSTANCE)
    with pytest.raises(Ec2Busy):
        abandon_launch("demo", launch_id, "States.Timeout", NO_ANSWER, ports)
    assert ports.ec2.terminated == ["i-0000000000000002"]
    assert ports.bus.kinds().count("LaunchFailed") == 1
    assert ports.pools.read("demo").failed_launches == 1


def test_an_undone_launchs_instance_is_ended_though_the_list_leaves_it_out() -> None:
    """EC2's answer came after the undo, and the list does not show the new instance yet."""
    ports = house()
    launch_id = requested(ports).launch_id
    abandon_launch("demo", launch_id, "x", NO_ANSWER, ports)
    ports.ec2.add(INSTANCE, launch_id)
    ports.ec2.omit(INSTANCE, ALWAYS)
    with pytest.raises(LaunchAbandoned):
        await_registration("demo", launch_id, brought(), "token", ports)
    abandon_launch("demo", launch_id, "LaunchAbandoned", brought(), ports)
    assert ports.ec2.terminated == [INSTANCE]
    assert ports.fleet.get(INSTANCE).state is InstanceState.TERMINATING


def test_abandoning_twice_reports_once() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    for _ in range(2):
        abandon_launch("demo", launch_id, "x", NO_ANSWER, ports)
    assert ports.bus.kinds().count("LaunchFailed") == 1
    assert ports.pools.read("demo").failed_launches == 1


def test_failures_in_a_row_rest_longer_and_a_registration_forgets_them() -> None:
    ports = house()
    rests = []
    for _ in range(3):
        abandon_launch("demo", requested(ports).launch_id, "x", NO_ANSWER, ports)
        rests.append(ports.pools.read("demo").launch_rests_until - ports.now())
        ports.time += rests[-1]
    for rest_s, plain_s in zip(rests, (30, 60, 120), strict=True):
        assert plain_s * (1 - JITTER) <= rest_s <= plain_s * (1 + JITTER)
    booted(ports)
    assert ports.pools.read("demo").failed_launches == 0


def test_an_agent_that_registered_before_the_undo_has_won() -> None:
    ports = house()
    booted(ports)
    (done,) = ports.pools.read("demo").launches
    assert not abandon_launch("demo", done.launch_id, "States.Timeout", NO_ANSWER, ports)
    assert ports.ec2.terminated == []


def test_refusals_of_both_markets_name_the_reason() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    abandon_launch("demo", launch_id, "CapacityUnavailable", refused("VcpuLimitExceeded"), ports)
    assert ports.launches.get("demo", launch_id).reason == "AccountLimitReached"


def test_an_undone_launch_cannot_be_awaited() -> None:
    ports = house()
    launch_id = requested(ports).launch_id
    abandon_launch("demo", launch_id, "x", NO_ANSWER, ports)
    with pytest.raises(LaunchAbandoned):
        await_registration("demo", launch_id, brought(), "token", ports)
    with pytest.raises(LaunchAbandoned):
        prepare_launch("demo", launch_id, SUBNETS, ports)
