"""The circuit breaker: instances that never get ready halt their pool; refusals and lost instances do not."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import PoolIsHalted
from greenroom.domain.events import PoolHalted
from greenroom.domain.instance.instance import Boot
from greenroom.domain.instance.launch import (
    BOOT_TIMEOUT_S,
    BOOTS_MEASURED,
    LEAST_BOOT_TIMEOUT_S,
    MOST_BOOT_TIMEOUT_S,
    START_MARGIN_S,
    boot_deadline_s,
)
from greenroom.domain.journal import pool as journal
from greenroom.ports.instance import Ec2State
from greenroom.usecases.instance.abandon_launch import LONGEST_COOLDOWN_S, abandon_launch
from greenroom.usecases.instance.prepare_launch import prepare_launch
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.pool.judge_boots import BOOT_FAILURES_TO_HALT, record_boot_failure
from greenroom.usecases.session.record_slot_event import SlotEvent, SlotFact, record_slot_event
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.launching import INSTANCE, NO_ANSWER, SUBNETS, booted, launched, planned, policy, refused, requested
from tests.fakes.stage import report, stage
from tests.fakes.store import change_application


def house() -> FakePorts:
    ports = stage(0)
    policy(ports, always_on=1)
    return ports


def fail_boot(ports: FakePorts, number: int, error: str = "States.Timeout") -> str:
    """One more instance comes, and its agent is never heard."""
    launch = launched(ports, f"i-{number:016x}")
    ports.time += BOOT_TIMEOUT_S
    abandon_launch("demo", launch.launch_id, error, NO_ANSWER, ports)
    ports.time += 2 * LONGEST_COOLDOWN_S
    return launch.launch_id


def test_boots_that_fail_in_a_row_halt_the_pool_and_say_where_to_look() -> None:
    ports = house()
    for number in range(1, BOOT_FAILURES_TO_HALT):
        fail_boot(ports, number)
    assert ports.pools.read("demo").halted is None
    late = planned(ports)
    ports.launches.save(late)  # an intent of before
    fail_boot_of(ports, "i-00000000000000ff")
    halted = ports.pools.read("demo").halted
    assert halted is not None
    assert halted.by == "greenroom"
    for word in ("3 instances in a row", "i-00000000000000ff", "image", "agent's log", "user data", "resume"):
        assert word in halted.reason
    (event,) = [each for each in ports.bus.events if isinstance(each, PoolHalted)]
    assert (event.pool_id, event.reason, event.by) == ("demo", halted.reason, "greenroom")
    assert len(ports.memory.entries(journal.PoolHalted)) == 1
    assert [each.in_a_row for each in ports.memory.entries(journal.BootFailed)] == [1, 2, 3]
    with pytest.raises(PoolIsHalted):
        prepare_launch("demo", late.launch_id, SUBNETS, ports)


def fail_boot_of(ports: FakePorts, instance_id: str) -> None:
    """As the reaper's quarantine of one that registered and is never ready."""
    record_boot_failure("demo", instance_id, "neverReady", ports)


def test_noting_the_same_instance_again_counts_once_and_halts_nothing() -> None:
    ports = house()
    launch_id = fail_boot(ports, 1)
    for _ in range(BOOT_FAILURES_TO_HALT):
        abandon_launch("demo", launch_id, "States.Timeout", NO_ANSWER, ports)
        fail_boot_of(ports, f"i-{1:016x}")
    rows = ports.pools.read("demo")
    assert (rows.failed_boots, rows.halted) == (1, None)


@pytest.mark.parametrize("ended_by", ["Server.SpotInstanceTermination", "Client.UserInitiatedShutdown"])
def test_an_instance_that_was_taken_away_is_no_failed_boot(ended_by: str) -> None:
    ports = house()
    launch = launched(ports)
    ports.ec2.set(INSTANCE, Ec2State.TERMINATED, ended_by)
    abandon_launch("demo", launch.launch_id, "InstanceNeverRegistered", NO_ANSWER, ports)
    assert ports.pools.read("demo").failed_boots == 0


def test_a_machine_that_switched_itself_off_is_a_failed_boot() -> None:
    ports = house()
    launch = launched(ports)
    ports.ec2.set(INSTANCE, Ec2State.TERMINATED, "Client.InstanceInitiatedShutdown")
    abandon_launch("demo", launch.launch_id, "InstanceNeverRegistered", NO_ANSWER, ports)
    assert ports.pools.read("demo").failed_boots == 1


def test_refusals_and_lost_answers_never_count() -> None:
    ports = house()
    for answer in (refused("InsufficientInstanceCapacity"), refused("VcpuLimitExceeded"), NO_ANSWER):
        launch_id = requested(ports).launch_id
        ports.ec2.add(f"i-{launch_id}", launch_id)  # EC2 launched it, and nobody heard: it had no time to boot
        abandon_launch("demo", launch_id, "States.Timeout", answer, ports)
        ports.time += 2 * LONGEST_COOLDOWN_S
    rows = ports.pools.read("demo")
    assert (rows.failed_boots, rows.failed_launches, rows.halted) == (0, 3, None)


def test_registering_alone_ends_no_row_of_failed_boots_and_getting_ready_does() -> None:
    ports = house()
    fail_boot_of(ports, "i-1")
    fail_boot_of(ports, "i-2")
    launched(ports)
    ports.time += 200
    (slot,) = register_instance(INSTANCE, Boot(NONCE), ports).slots
    assert ports.pools.read("demo").failed_boots == 2
    ports.time += 40
    report(ports, None, slot, SlotEvent.READY)
    rows = ports.pools.read("demo")
    assert (rows.failed_boots, rows.boot_times) == (0, (240.0,))


def test_only_the_first_time_an_instance_is_ready_is_measured() -> None:
    ports = house()
    booted(ports)
    ports.time += 3000
    (slot,) = register_instance(INSTANCE, Boot("f" * 32), ports).slots
    fail_boot_of(ports, "i-other")
    before = ports.pools.read("demo").boot_times
    record_slot_event(SlotFact(INSTANCE, "f" * 32, slot.slot_id, slot.epoch, SlotEvent.READY), ports)
    assert (len(before), ports.pools.read("demo").boot_times) == (1, before)
    assert ports.pools.read("demo").failed_boots == 0  # but it ends the row of failures


@pytest.mark.parametrize(
    ("desc", "times", "expected"),
    [
        ("nothing measured", [], BOOT_TIMEOUT_S),
        ("too few say nothing", [30.0] * (BOOTS_MEASURED - 1), BOOT_TIMEOUT_S),
        ("fast boots: at least ten minutes", [30.0] * 20, LEAST_BOOT_TIMEOUT_S),
        ("the longest of ten is p95", [*[300.0] * 9, 460.0], 690.0),
        ("one slow boot of twenty is none", [*[500.0] * 19, 5000.0], 750.0),
        ("the machine waits no longer", [1500.0] * 20, MOST_BOOT_TIMEOUT_S),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_boot_deadline_follows_what_was_seen(desc: str, times: list[float], expected: float) -> None:
    assert boot_deadline_s(times) == expected


def test_deadlines_of_launches_instances_and_slots_follow_the_pools_own_boots() -> None:
    ports = house()
    for _ in range(BOOTS_MEASURED):
        ports.pools.record_boot("demo", 500.0)
    launch = launched(ports)
    now = ports.now()
    assert launch.deadline_at == ports.fleet.get(INSTANCE).deadline_at == now + 750
    registration = register_instance(INSTANCE, Boot(NONCE), ports)
    assert {each.deadline_at for each in registration.slots} == {now + 750}
    assert registration.instance.deadline_at == now + 750


@pytest.mark.parametrize("start_timeout_s", [1300, 3600])
def test_an_instance_has_the_time_that_its_application_may_take_to_start(start_timeout_s: int) -> None:
    """Also after a restart of its agent; and the reaper leaves it alone until then."""
    ports = house()
    change_application(ports, start_timeout_s=start_timeout_s)
    launched(ports)
    for nonce in (NONCE, "f" * 32):
        ports.time += 5
        registration = register_instance(INSTANCE, Boot(nonce), ports)
        deadlines = {registration.instance.deadline_at, *(each.deadline_at for each in registration.slots)}
        assert deadlines == {ports.now() + start_timeout_s + START_MARGIN_S}
