"""What a plan committed is done to each instance, whatever happens to another one."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import StoreBusy
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import Halt
from greenroom.domain.slot.slot import SlotState
from greenroom.ports.instance import Ec2State
from greenroom.usecases.instance.follow_plan import Followed, follow_plan
from greenroom_lab.memory.conflicts import conflicts
from greenroom_lab.memory.ec2 import Ec2Busy
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import add_slot, stage
from tests.fakes.store import change_instance

STARTED, STOPPED, RETIRED = "i-0000000a", "i-0000000b", "i-0000000c"
S = InstanceState


def committed() -> FakePorts:
    """Three instances: one at rest that is wanted again, one to be switched off, one that drained."""
    ports = stage(0)
    for instance_id, state in ((STARTED, S.STOPPED), (STOPPED, S.STOPPED), (RETIRED, S.DRAINING)):
        add_slot(ports, instance_id, SlotState.RESETTING)
        change_instance(ports, instance_id, market="on-demand", state=state)
        ports.ec2.add(instance_id)
    change_instance(ports, STARTED, stopped_at=ports.now())
    ports.ec2.set(STARTED, Ec2State.STOPPED)
    return ports


def follow(ports: FakePorts) -> Followed:
    return follow_plan("demo", [STARTED], [STOPPED], [RETIRED], ports)


def test_every_list_is_followed() -> None:
    ports = committed()
    assert follow(ports) == Followed([STARTED], [STOPPED], [RETIRED])
    assert (ports.ec2.started, ports.ec2.stopped, ports.ec2.terminated) == ([STARTED], [STOPPED], [RETIRED])


@pytest.mark.parametrize("failing", [STARTED, STOPPED, RETIRED])
def test_a_list_that_fails_stops_neither_of_the_others(failing: str) -> None:
    ports = committed()
    ports.ec2.refusing.add(failing)
    with pytest.raises(Ec2Busy):
        follow(ports)
    asked = {*ports.ec2.started, *ports.ec2.stopped, *ports.ec2.terminated}
    assert asked == {STARTED, STOPPED, RETIRED} - {failing}


def test_a_busy_table_is_named_and_stops_nothing_that_needs_no_write() -> None:
    ports = committed()
    with conflicts(ports, every=1), pytest.raises(StoreBusy):
        follow(ports)
    assert (ports.ec2.started, ports.ec2.stopped, ports.ec2.terminated) == ([], [STOPPED], [])
    assert follow(ports) == Followed([STARTED], [STOPPED], [RETIRED])


def test_following_a_plan_again_ends_where_it_ended_before() -> None:
    ports = committed()
    follow(ports)
    before = [ports.fleet.get(each) for each in (STARTED, STOPPED, RETIRED)]
    ports.time += 5
    follow(ports)
    assert [ports.fleet.get(each) for each in (STARTED, STOPPED, RETIRED)] == before
    ports.ec2.set(STOPPED, Ec2State.STOPPED)
    change_instance(ports, STOPPED, stopped_at=ports.now())
    assert follow(ports).stopped == []


def test_a_halted_pool_starts_nothing_and_the_rest_is_done() -> None:
    ports = committed()
    ports.pools.halt("demo", Halt("drill", ports.now(), "operator"))
    assert follow(ports) == Followed([], [STOPPED], [RETIRED])


def test_an_empty_plan_reads_and_asks_nothing() -> None:
    ports = committed()
    ports.ec2.refusing |= {STARTED, STOPPED, RETIRED}
    assert follow_plan("demo", [], [], [], ports) == Followed([], [], [])
