"""A launch played through: planned, asked of EC2, answered, registered."""

from __future__ import annotations

from greenroom.domain.instance.instance import Boot
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import FleetAnswer, LaunchedInstance, Offering, Refusal
from greenroom.domain.slot.slot import Slot
from greenroom.usecases.instance.await_registration import await_registration
from greenroom.usecases.instance.prepare_launch import prepare_launch
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE, a_policy
from tests.fakes.stage import report
from tests.fakes.store import change_pool

SUBNETS = ("subnet-a", "subnet-b")
INSTANCE = "i-0000000000000001"
NO_ANSWER = FleetAnswer((), ())


def policy(ports: FakePorts, always_on: int = 0, target_idle: int = 0, maximum: int = 10) -> None:
    """Set the pool's policy."""
    change_pool(ports, policy=a_policy(always_on=always_on, target_idle=target_idle, maximum=maximum))


def planned(ports: FakePorts) -> Launch:
    """The only launch a pass plans now."""
    (launch_id,) = plan_pool("demo", ports).launch_ids
    return ports.launches.get("demo", launch_id)


def requested(ports: FakePorts) -> Launch:
    """The same, with EC2 being asked."""
    launch = planned(ports)
    prepare_launch("demo", launch.launch_id, SUBNETS, ports)
    return ports.launches.get("demo", launch.launch_id)


def brought(instance_id: str = INSTANCE, market: str = "spot") -> FleetAnswer:
    """EC2's answer with one instance."""
    return FleetAnswer((LaunchedInstance(instance_id, "g5.xlarge", "us-east-1a", market),), ())


def refused(*codes: str, market: str = "spot") -> FleetAnswer:
    """EC2's answer with none."""
    offering = Offering("g5.xlarge", "subnet-a", market)
    return FleetAnswer((), tuple(Refusal(code, "no", offering) for code in codes))


def launched(ports: FakePorts, instance_id: str = INSTANCE) -> Launch:
    """The same, answered; the machine waits with the token `token-<launch>`."""
    launch = requested(ports)
    ports.ec2.add(instance_id, launch.launch_id, ports.now())
    await_registration("demo", launch.launch_id, brought(instance_id), f"token-{launch.launch_id}", ports)
    return ports.launches.get("demo", launch.launch_id)


def booted(ports: FakePorts, instance_id: str = INSTANCE) -> list[Slot]:
    """The same, its agent registered and all slots ready."""
    launched(ports, instance_id)
    registration = register_instance(instance_id, Boot(NONCE), ports)
    return [report(ports, None, slot, SlotEvent.READY) for slot in registration.slots]
