"""A capacity pass: what it commits, and what saves an instance from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import Conflict
from greenroom.domain.instance import InstanceState
from greenroom.domain.launch import LaunchState
from greenroom.domain.slot import SlotState
from greenroom.planning.plan_capacity import SCALE_IN_AFTER_S
from greenroom.usecases.plan_pool import plan_pool
from greenroom.usecases.request_pass import request_pass
from greenroom.usecases.retire_instances import retire_instances

from tests.fakes.launching import policy
from tests.fakes.ports import FakePorts
from tests.fakes.stage import launch, slot_of, stage


def surplus(slots: int = 1) -> FakePorts:
    """Idle slots nobody wants, with the back-off over."""
    ports = stage(slots)
    assert plan_pool("demo", ports).retired_ids == ()
    ports.time += SCALE_IN_AFTER_S
    return ports


def test_a_pass_commits_intents_and_writes_its_decision_down() -> None:
    ports = stage(0)
    policy(ports, always_on=2)
    planned = plan_pool("demo", ports)
    assert len(planned.launch_ids) == 2
    assert {each.state for each in ports.pools.read("demo").launches} == {LaunchState.INTENDED}
    (entity, kind, _, facts), *_ = ports.memory.journal_rows
    assert (entity, kind, facts["wanted"]) == ("POOL#demo", "PoolPlanned", 2)
    assert facts["inputs"]["policy"]["always_on"] == 2


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
    rival = FakePorts(ports.memory, seed=2)
    rival.fleet_rows, rival.pools.rows = ports.fleet_rows, ports.fleet_rows

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
    assert ports.instances.get(instance_id).state is InstanceState.DRAINING
    assert not ports.memory.free_rows
    ports.ec2.add(instance_id)
    assert retire_instances([instance_id], ports) == [instance_id]
    assert ports.instances.get(instance_id).state is InstanceState.TERMINATING
    assert ports.ec2.terminated == [instance_id]
    assert retire_instances([instance_id], ports) == [instance_id]  # a second call asks again, harmlessly


def test_a_claim_between_snapshot_and_drain_saves_the_instance() -> None:
    ports = surplus()

    def claim_first(step: str) -> None:
        if step == "fleet.drain_idle":
            ports.memory.between = lambda step: None
            launch(ports)

    ports.memory.between = claim_first
    assert plan_pool("demo", ports).retired_ids == ()
    (session,) = ports.memory.session_rows.values()
    assert slot_of(ports, session).state is SlotState.RESERVED
    assert {each.state for each in ports.memory.instance_rows.values()} == {InstanceState.READY}


def test_an_instance_that_serves_somebody_is_never_terminated() -> None:
    ports = stage(1)
    session = launch(ports).session
    assert session.assignment is not None
    instance_id = session.assignment.instance_id
    assert retire_instances([instance_id, "i-gone"], ports) == []
    draining = replace(ports.instances.get(instance_id), state=InstanceState.DRAINING)
    ports.memory.instance_rows[instance_id] = draining
    assert retire_instances([instance_id], ports) == []
    assert ports.ec2.terminated == []
