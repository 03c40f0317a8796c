"""Nobody gets another application than asked for: not while a pool is given away, and not in what was read before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from greenroom.domain.errors import ApplicationClosed, InvalidField, LaunchAbandoned, SlotLost
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.session.session import Session, SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.instance.prepare_launch import prepare_launch
from greenroom.usecases.instance.retire_instances import retire_instances
from greenroom.usecases.line.dispatch_line import assign, dispatch_line
from greenroom.usecases.pool.configure_catalog import configure_application, configure_pool
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.reaper.end_unserved import end_unserved
from greenroom.usecases.reaper.reconcile_fleet import reconcile_fleet
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.session.request_session import SessionAnswer, SessionRequest, request_session
from greenroom_lab.memory.ports import FakePorts

from tests.builders import a_policy, a_pool, a_session
from tests.fakes.launching import SUBNETS
from tests.fakes.stage import add_slot, launch, report, slot_of, stage
from tests.fakes.store import change_instance, free_count, free_entries, instances, snapshot, the_slot

RUNNING, IDLE = "i-00000001", "i-00000002"


def play(ports: FakePorts, application_id: str, viewer: str = "bob") -> SessionAnswer:
    return request_session(SessionRequest(viewer, "acme", application_id, "t1"), ports)


def given_away(ports: FakePorts, maximum: int = 10) -> None:
    """Pool `demo`, which served the application `demo`, is given to the application `b`."""
    elsewhere = replace(ports.catalog.application("demo"), application_id="b", pool_id="elsewhere")
    configure_application(elsewhere, "op", ports)
    configure_pool(a_pool(application_id="b", policy=a_policy(maximum=maximum)), "op", ports)
    configure_application(replace(elsewhere, pool_id="demo"), "op", ports)


def one_plays_and_one_is_idle() -> tuple[FakePorts, Session]:
    """Two instances of the application `demo`, seen at EC2."""
    ports = stage(0)
    add_slot(ports, RUNNING, SlotState.FREE)
    session = launch(ports, "ada").session
    add_slot(ports, IDLE, SlotState.FREE)
    for each in (RUNNING, IDLE):
        ports.ec2.add(each, "lch-1", ports.now())
    return ports, session


def run(ports: FakePorts) -> None:
    """One pass of the reaper, and the pass of the pool that it asks for."""
    reconcile_fleet("reaper", ports.now(), 45, ports)
    retire_instances(plan_pool("demo", ports).retired_ids, ports)


def states(ports: FakePorts) -> dict[str, InstanceState]:
    return {each.instance_id: each.state for each in instances(ports)}


def test_a_viewer_waits_while_the_pool_still_has_the_other_applications_instances() -> None:
    ports, _ = one_plays_and_one_is_idle()
    given_away(ports)
    waiting = play(ports, "b")
    assert (waiting.session.state, waiting.place) == (SessionState.QUEUED, 1)
    assert dispatch_line("demo", ports) == 0
    assert ports.slots.get(f"{IDLE}.1").state is SlotState.FREE


def test_a_slot_that_gets_ready_is_not_handed_to_who_asked_for_another_application() -> None:
    ports = stage(1, SlotState.RESETTING)
    slot = the_slot(ports)
    given_away(ports)
    waiting = play(ports, "b").session
    report(ports, None, slot, SlotEvent.READY)
    assert ports.sessions.get(waiting.session_id).state is SessionState.QUEUED


def test_a_slot_goes_past_the_head_of_the_line_to_the_first_who_asked_for_its_application() -> None:
    ports = stage(0)
    old = launch(ports, "ada").session
    given_away(ports)
    ports.time += 1
    new = play(ports, "b").session
    add_slot(ports, IDLE, SlotState.FREE, application_id="b")
    assert dispatch_line("demo", ports) == 1
    assert ports.sessions.get(new.session_id).state is SessionState.ASSIGNED
    assert ports.sessions.get(old.session_id).state is SessionState.QUEUED


def test_what_was_read_before_is_compared_again_in_the_claim() -> None:
    ports, _ = one_plays_and_one_is_idle()
    (free,) = free_entries(ports)
    other = a_session("ses-other", SessionState.REQUESTED, application_id="b", viewer_id="bob")
    with pytest.raises(SlotLost):
        ports.claims.claim(free, assign(other, free, ports.now()), 1)


def test_a_pool_that_is_given_away_drains_and_who_plays_there_plays_on() -> None:
    ports, session = one_plays_and_one_is_idle()
    given_away(ports)
    waiting = play(ports, "b").session
    run(ports)
    run(ports)
    assert states(ports) == {RUNNING: InstanceState.DRAINING, IDLE: InstanceState.TERMINATING}
    assert ports.fleet.get(RUNNING).status_reason == "otherApplication"
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED
    assert slot_of(ports, session).state is SlotState.RESERVED
    assert ports.sessions.get(waiting.session_id).state is SessionState.QUEUED
    assert free_count(ports) == 0
    launches = [each for each in ports.pools.read("demo").launches if each.is_open]
    assert [each.application_id for each in launches] == ["b"]


def test_its_own_maximum_counts_what_still_drains() -> None:
    ports, _ = one_plays_and_one_is_idle()
    given_away(ports, maximum=2)
    play(ports, "b")
    assert plan_pool("demo", ports).launch_ids == ()
    run(ports)
    ports.fleet.save(replace(ports.fleet.get(IDLE), state=InstanceState.TERMINATED))
    assert len(plan_pool("demo", ports).launch_ids) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (InstanceState.LAUNCHING, InstanceState.TERMINATING),
        (InstanceState.BOOTING, InstanceState.TERMINATING),
        (InstanceState.STOPPED, InstanceState.TERMINATING),
        (InstanceState.DRAINING, InstanceState.TERMINATING),
        (InstanceState.INTERRUPTED, InstanceState.TERMINATING),
    ],
)
def test_wherever_an_instance_of_the_other_application_stands_it_goes(
    before: InstanceState, after: InstanceState
) -> None:
    ports = stage(0)
    add_slot(ports, IDLE, SlotState.RESETTING)
    ports.ec2.add(IDLE, "lch-1", ports.now())
    change_instance(ports, IDLE, state=before)
    given_away(ports)
    for _ in range(3):
        run(ports)
    assert states(ports)[IDLE] is after


def test_an_instance_of_the_other_application_is_no_supply_and_is_not_started() -> None:
    ports = stage(0)
    add_slot(ports, RUNNING, SlotState.FREE)
    add_slot(ports, IDLE, SlotState.RESETTING)
    change_instance(ports, IDLE, state=InstanceState.STOPPED)
    given_away(ports)
    play(ports, "b")
    planned = plan_pool("demo", ports)
    assert (planned.start_ids, len(planned.launch_ids)) == ((), 1)


def test_a_launch_for_the_other_application_is_abandoned_before_ec2_is_asked() -> None:
    ports = stage(0, target_idle=1)
    (launch_id,) = plan_pool("demo", ports).launch_ids
    given_away(ports)
    with pytest.raises(LaunchAbandoned):
        prepare_launch("demo", launch_id, SUBNETS, ports)


def test_who_waits_for_an_application_that_its_pool_no_longer_serves_is_told_so() -> None:
    ports = stage(0)
    old = launch(ports, "ada").session
    given_away(ports)
    new = play(ports, "b").session
    run(ports)
    ended = ports.sessions.get(old.session_id)
    assert (ended.state, ended.status_reason) == (SessionState.ENDING, StatusReason.CAPACITY_UNAVAILABLE)
    assert ports.sessions.get(new.session_id).state is SessionState.QUEUED
    with pytest.raises(ApplicationClosed, match="pool demo serves another application"):
        launch(ports, "cleo")


def test_who_joins_while_the_pool_is_given_to_its_application_is_not_sent_away() -> None:
    ports = stage(0)
    before = ports.catalog.pool("demo")
    given_away(ports)
    new = play(ports, "b").session
    end_unserved(before, ports)  # a pass that read the pool before it was given away
    assert ports.sessions.get(new.session_id).state is SessionState.QUEUED


def test_a_repeated_launch_finds_its_session_although_the_pool_was_given_away() -> None:
    ports, session = one_plays_and_one_is_idle()
    given_away(ports)
    assert launch(ports, "ada").session.session_id == session.session_id


def test_an_application_cannot_name_a_pool_that_serves_another_one() -> None:
    ports = stage(1)
    other = replace(ports.catalog.application("demo"), application_id="b")
    with pytest.raises(InvalidField, match=r"poolId: pool demo serves demo.*PUT /pools/demo"):
        configure_application(other, "op", ports)
    assert "b" not in snapshot(ports).applications
    assert configure_application(ports.catalog.application("demo"), "op", ports)
    assert configure_application(replace(other, pool_id="not-yet"), "op", ports)


def test_a_pool_of_one_application_plans_as_before() -> None:
    ports, _ = one_plays_and_one_is_idle()
    run(ports)
    assert Counter(states(ports).values()) == {InstanceState.READY: 2}
