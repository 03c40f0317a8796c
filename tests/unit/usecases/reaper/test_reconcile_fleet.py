"""The reaper: each thing events may lose, and what one or two passes make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from greenroom.domain.errors import PassIncomplete
from greenroom.domain.instance.instance import Boot, InstanceState, Notice, NoticeKind
from greenroom.domain.instance.launch import BOOT_TIMEOUT_S, START_TIMEOUT_S, LaunchState
from greenroom.domain.session.session import MOST_MIGRATIONS, SessionState, StatusReason
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import renew
from greenroom.ports.instance import Ec2State
from greenroom.ports.session import PendingWait
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.instance.retire_instances import retire_instances
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.reaper.reconcile_fleet import PassResult, reconcile_fleet
from greenroom.usecases.reaper.reconcile_instances import UNKNOWN_GRACE_S
from greenroom.usecases.session.end_session import end_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom_lab.memory.ec2 import ALWAYS
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE, a_slot
from tests.fakes.launching import INSTANCE, booted, launched, policy, requested
from tests.fakes.stage import add_slot, launch, report, slot_of, stage
from tests.fakes.store import (
    change,
    change_instance,
    change_policy,
    free_entries,
    instances,
    is_free,
    miscount_free,
    put,
    slots_of,
    snapshot,
    the_instance,
)

LEASE_S = 45


def run(ports: FakePorts, after_s: float = 0.0, owner: str = "me") -> PassResult:
    """A pass, `after_s` later."""
    ports.time += after_s
    return reconcile_fleet(owner, ports.time, LEASE_S, ports)


def serving(slots: int = 1) -> FakePorts:
    """Instances that EC2 runs and whose agents were heard just now."""
    ports = stage(slots)
    policy(ports, always_on=slots)
    for each in instances(ports):
        ports.ec2.add(each.instance_id)
    hear(ports)
    return ports


def hear(ports: FakePorts, *instance_ids: str) -> None:
    """A heartbeat of these instances, or of all."""
    for instance_id in instance_ids or [each.instance_id for each in instances(ports)]:
        ports.fleet.record_heartbeat(instance_id, NONCE, ports.now())


def state_of(ports: FakePorts, instance_id: str) -> InstanceState:
    return ports.fleet.get(instance_id).state


# -- the next pass


class SlowEc2:
    """Each look takes so long."""

    def __init__(self, ports: FakePorts, seconds: float) -> None:
        self.ports, self.inner, self.seconds = ports, ports.ec2, seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def list_all(self) -> Any:
        self.ports.time += self.seconds
        return self.inner.list_all()


@pytest.mark.parametrize(
    ("desc", "waiting", "took_s", "wait_s"),
    [
        ("nobody waits", 0, 0.0, 10),
        ("a pass costs nothing of it", 0, 3.2, 7),
        ("who waits is told every 10 s, by a slow pass too", 1, 0.0, 8),
        ("somebody waits and it took 2.6 s", 1, 2.6, 5),
        ("longer than its turn", 1, 30.0, 1),
    ],
)
def test_passes_begin_at_even_times_and_more_often_while_somebody_waits(
    desc: str, waiting: int, took_s: float, wait_s: int
) -> None:
    ports = serving()
    for number in range(1 + waiting):
        launch(ports, f"viewer-{number}")
    ports.ec2 = SlowEc2(ports, took_s)
    assert run(ports).wait_s == wait_s, desc


# -- the lease


def test_one_reaper_at_a_time_and_a_dead_ones_lease_passes_on() -> None:
    ports = serving()
    assert not run(ports).lease_lost
    assert run(ports, owner="other").lease_lost
    assert not run(ports, after_s=61, owner="other").lease_lost
    assert run(ports).lease_lost


def test_it_sleeps_when_nothing_is_left_and_gives_the_lease_up() -> None:
    ports = stage(0)
    assert not run(ports).alive
    assert not ports.reaper.is_held(ports.now())


def test_a_session_that_came_while_it_fell_asleep_keeps_it_awake() -> None:
    ports = stage(0)
    ports.catalog.pool_ids = list  # type: ignore[method-assign]
    give_up = ports.reaper.give_up

    def crossed(owner: str) -> None:
        launch(ports)
        give_up(owner)

    ports.reaper.give_up = crossed  # type: ignore[method-assign]
    assert run(ports).alive
    assert ports.reaper.is_held(ports.now())


def test_after_an_hour_it_hands_over() -> None:
    ports = serving()
    result = reconcile_fleet("me", ports.now() - 3600, LEASE_S, ports)
    assert result.hand_over
    assert not ports.reaper.is_held(ports.now())


# -- instances


def test_an_instance_ec2_lost_is_finished_and_its_session_moves() -> None:
    ports = serving()
    session = launch(ports).session
    assert session.assignment is not None
    instance_id = session.assignment.instance_id
    ports.ec2.set(instance_id, Ec2State.TERMINATED, "Server.SpotInstanceTermination")
    run(ports)
    moving = ports.sessions.get(session.session_id)
    assert moving.moving is not None
    assert (moving.state, moving.moving.reason) == (SessionState.MIGRATING, StatusReason.SPOT_INTERRUPTED)
    assert state_of(ports, instance_id) is InstanceState.TERMINATED
    assert slot_of(ports, session).state is SlotState.RETIRED
    assert "PoolChanged" in ports.bus.kinds()


def test_an_instance_too_new_to_be_known_is_left_alone() -> None:
    """EC2 may not know the id of what it launched a moment ago; what it does not know later is gone."""
    ports = serving()
    ports.ec2.instances.clear()
    ports.time += UNKNOWN_GRACE_S
    hear(ports)
    run(ports)
    assert InstanceState.READY in {each.state for each in instances(ports)}
    hear(ports)
    run(ports, after_s=1)
    assert {each.state for each in instances(ports)} == {InstanceState.TERMINATED}


@pytest.mark.parametrize("lists", [1, 3, ALWAYS])
def test_an_instance_that_lists_leave_out_plays_on(lists: int) -> None:
    ports = serving()
    ports.time += UNKNOWN_GRACE_S + 1
    session = launch(ports).session
    instance_id = the_instance(ports).instance_id
    ports.ec2.omit(instance_id, lists)
    for _ in range(4):
        hear(ports)
        assert run(ports, after_s=10).alive
    assert (state_of(ports, instance_id), ports.ec2.terminated) == (InstanceState.READY, [])
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED


def test_an_instance_that_the_list_leaves_out_and_that_ended_is_finished() -> None:
    ports = serving()
    session = launch(ports).session
    instance_id = the_instance(ports).instance_id
    ports.ec2.set(instance_id, Ec2State.TERMINATED, "Server.SpotInstanceTermination")
    ports.ec2.omit(instance_id)
    run(ports)
    moving = ports.sessions.get(session.session_id).moving
    assert moving is not None
    assert moving.reason is StatusReason.SPOT_INTERRUPTED
    assert state_of(ports, instance_id) is InstanceState.TERMINATED


def test_only_what_the_list_leaves_out_is_asked_for_by_its_id() -> None:
    ports = serving(3)
    first = instances(ports)[0].instance_id
    ports.ec2.omit(first)
    run(ports)
    assert ports.ec2.found == [first]


def test_a_row_that_went_on_while_ec2_was_asked_is_judged_as_it_stands_then() -> None:
    """One that is started out of the warm pool meanwhile is not stopped again for being found running."""
    ports = serving()
    instance_id = the_instance(ports).instance_id
    row = change_instance(ports, instance_id, state=InstanceState.STOPPED, stopped_at=ports.now())
    ports.ec2.omit(instance_id)
    find = ports.ec2.find

    def started_meanwhile(asked: str) -> Any:
        change(ports, row, state=InstanceState.LAUNCHING, version=row.version + 1)
        return find(asked)

    ports.ec2.find = started_meanwhile  # type: ignore[method-assign]
    run(ports)
    assert ports.ec2.stopped == []


def test_what_is_written_off_and_runs_is_an_orphan_and_ended_until_ec2_says_so() -> None:
    ports = serving()
    instance_id = the_instance(ports).instance_id
    change_instance(ports, instance_id, state=InstanceState.TERMINATED)
    ports.ec2.ignored.add(instance_id)
    assert run(ports).alive
    assert (ports.ec2.orphans, ports.ec2.terminated) == ([instance_id], [])
    run(ports, after_s=30)
    run(ports, after_s=10)
    assert ports.ec2.terminated == [instance_id] * 2
    ports.ec2.set(instance_id, Ec2State.SHUTTING_DOWN)
    run(ports, after_s=10)
    assert ports.ec2.terminated == [instance_id] * 2


def test_what_is_being_ended_is_ended_though_lists_leave_it_out() -> None:
    ports = serving()
    instance_id = the_instance(ports).instance_id
    ports.ec2.ignored.add(instance_id)
    run(ports, after_s=UNKNOWN_GRACE_S + 1)  # silent
    ports.ec2.omit(instance_id, ALWAYS)
    run(ports, after_s=10)
    assert (state_of(ports, instance_id), ports.ec2.terminated) == (InstanceState.TERMINATING, [instance_id] * 2)
    ports.ec2.ignored.clear()
    ports.ec2.set(instance_id, Ec2State.SHUTTING_DOWN)
    run(ports, after_s=10)
    assert ports.ec2.terminated == [instance_id] * 2, "EC2 ends it: nothing is left to ask for"
    ports.ec2.instances.clear()
    run(ports, after_s=10)
    assert state_of(ports, instance_id) is InstanceState.TERMINATED


def test_a_silent_instance_is_quarantined_ended_and_replaced_and_its_session_moves() -> None:
    ports = serving()
    session = launch(ports).session
    assert session.assignment is not None
    instance_id = session.assignment.instance_id
    run(ports, after_s=LEASE_S)
    assert state_of(ports, instance_id) is InstanceState.READY
    run(ports, after_s=1)
    moving = ports.sessions.get(session.session_id)
    assert moving.moving is not None
    assert (moving.state, moving.moving.reason) == (SessionState.MIGRATING, StatusReason.INSTANCE_UNHEALTHY)
    assert state_of(ports, instance_id) is InstanceState.TERMINATING
    assert ports.ec2.terminated == [instance_id]
    assert len(plan_pool("demo", ports).launch_ids) == 1


def test_a_heartbeat_in_the_last_moment_saves_the_instance() -> None:
    ports = serving()
    instance_id = the_instance(ports).instance_id

    def heard(step: str) -> None:
        if step == "fleet.save":
            hear(ports)

    ports.memory.between = heard
    run(ports, after_s=LEASE_S + 1)
    assert state_of(ports, instance_id) is InstanceState.READY
    assert ports.ec2.terminated == []


def test_when_many_fall_silent_at_once_nothing_is_terminated() -> None:
    ports = serving(8)
    names = sorted(each.instance_id for each in instances(ports))
    ports.time += LEASE_S + 1
    hear(ports, *names[3:])
    assert run(ports).silent_left_alone == 3
    assert ports.ec2.terminated == []
    assert run(ports, after_s=10).silent_left_alone == 3
    seen = [each.detail() for each in ports.bus.events if each.detail_type == "MassSilenceSeen"]
    assert seen == [{"poolId": "demo", "instances": 3}]  # once, and not at each pass
    hear(ports, *names[2:])
    assert run(ports).silent_left_alone == 0
    assert sorted(ports.ec2.terminated) == names[:2]


def test_a_later_mass_silence_is_told_again() -> None:
    ports = serving(8)
    for _ in range(2):
        run(ports, after_s=LEASE_S + 1)
        hear(ports)
        run(ports, after_s=10)
        ports.time += 121
        hear(ports)
    assert ports.bus.kinds().count("MassSilenceSeen") == 2


# -- instances that are being lost


def add_neighbour(ports: FakePorts, slot: Slot) -> Slot:
    """A second, free slot of the same instance."""
    neighbour = a_slot(ports.fleet.get(slot.instance_id), number=2, epoch=slot.epoch, taken_at=slot.taken_at)
    put(ports, neighbour)
    return neighbour


def test_nobody_moves_to_the_neighbouring_slot_of_what_is_gone() -> None:
    ports = serving()
    session = launch(ports).session
    add_neighbour(ports, slot_of(ports, session))
    instance_id = the_instance(ports).instance_id
    ports.ec2.set(instance_id, Ec2State.TERMINATED)
    run(ports)
    after = ports.sessions.get(session.session_id)
    assert (after.state, after.migrations, after.assignment) == (SessionState.MIGRATING, 1, session.assignment)


def test_nobody_moves_to_the_neighbouring_slot_of_what_starts_anew() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    booted(ports)
    session = launch(ports).session
    add_neighbour(ports, slot_of(ports, session))
    register_instance(INSTANCE, Boot("f" * 32), ports)
    after = ports.sessions.get(session.session_id)
    assert (after.state, after.migrations) == (SessionState.MIGRATING, 1)
    assert not free_entries(ports)


@pytest.mark.parametrize("state", [Ec2State.SHUTTING_DOWN, Ec2State.STOPPING, Ec2State.STOPPED])
def test_an_instance_that_ec2_ends_or_stops_unasked_is_left_and_ended(state: Ec2State) -> None:
    ports = serving()
    session = launch(ports).session
    instance_id = the_instance(ports).instance_id
    ports.ec2.set(instance_id, state)
    run(ports)
    assert ports.sessions.get(session.session_id).state is SessionState.MIGRATING
    assert state_of(ports, instance_id) is InstanceState.TERMINATING


def test_a_stop_that_the_list_shows_and_ec2_no_longer_does_is_not_believed() -> None:
    ports = serving()
    instance_id = the_instance(ports).instance_id
    ports.ec2.set(instance_id, Ec2State.STOPPED)
    listed = ports.ec2.list_all()
    ports.ec2.set(instance_id, Ec2State.RUNNING)
    ports.ec2.list_all = lambda: listed  # type: ignore[method-assign]
    run(ports)
    assert state_of(ports, instance_id) is InstanceState.READY


def test_an_interrupted_instance_is_looked_at_in_each_pass_until_it_ends() -> None:
    ports = serving()
    session = launch(ports).session
    instance_id = the_instance(ports).instance_id
    noted = Notice(NoticeKind.SPOT_INTERRUPTION, ports.now(), ports.now() + 120)
    change_instance(ports, instance_id, notice=noted)
    run(ports)  # the heartbeat wrote the notice down, and nobody heard of it
    assert state_of(ports, instance_id) is InstanceState.INTERRUPTED
    assert ports.sessions.get(session.session_id).state is SessionState.MIGRATING
    add_slot(ports, "i-00000009", SlotState.FREE)
    ports.ec2.add("i-00000009")
    hear(ports)
    run(ports, after_s=10)
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED
    hear(ports)
    run(ports, after_s=15)
    assert (state_of(ports, instance_id), ports.ec2.terminated) == (InstanceState.TERMINATING, [instance_id])


def test_advice_that_nobody_heard_of_drains() -> None:
    ports = serving()
    session = launch(ports).session
    instance_id = the_instance(ports).instance_id
    noted = Notice(NoticeKind.REBALANCE, ports.now())
    change_instance(ports, instance_id, notice=noted)
    for _ in range(2):
        run(ports)
    assert state_of(ports, instance_id) is InstanceState.DRAINING
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED
    assert ports.ec2.terminated == []


def test_a_free_slot_that_a_drain_left_behind_keeps_no_instance_for_ever() -> None:
    """The call that set it Draining died before it came to its slots: nobody plays there, and nothing ended it."""
    ports = serving()
    left = add_slot(ports, "i-00000009", SlotState.FREE)
    ports.ec2.add("i-00000009")
    notice = Notice(NoticeKind.REBALANCE, ports.now())
    change_instance(ports, "i-00000009", state=InstanceState.DRAINING, notice=notice)
    hear(ports)
    run(ports)
    assert not is_free(ports, left)
    assert retire_instances(["i-00000009"], ports) == ["i-00000009"]
    assert ports.ec2.terminated == ["i-00000009"]


def test_a_slot_of_a_draining_instance_is_not_given_up_for_being_unready() -> None:
    ports = serving()
    resting = add_slot(ports, "i-00000009", SlotState.RESETTING)
    ports.ec2.add("i-00000009")
    change(ports, resting, deadline_at=ports.now())
    change_instance(ports, "i-00000009", state=InstanceState.DRAINING)
    ports.time += 600
    hear(ports)
    run(ports)
    assert ports.slots.get(resting.slot_id).state is SlotState.RESETTING


def test_a_stopped_instance_keeps_nobody_awake_once_ec2_says_that_it_is_stopped() -> None:
    ports = stage(0)
    add_slot(ports, "i-00000009", SlotState.RESETTING)
    ports.ec2.add("i-00000009")
    change_policy(ports, warm_instances=1)
    change_instance(ports, "i-00000009", state=InstanceState.STOPPED, market="on-demand")
    assert run(ports).alive
    assert ports.ec2.stopped == ["i-00000009"]
    ports.ec2.set("i-00000009", Ec2State.STOPPED)
    run(ports)
    assert not run(ports).alive


def test_a_pass_reads_a_pools_machines_once() -> None:
    ports = serving(3)
    read: list[str] = []
    list_of_pool = ports.fleet.list_of_pool

    def counted(pool_id: str, *members: object) -> object:
        read.append(pool_id)
        return list_of_pool(pool_id)

    ports.fleet.list_of_pool = counted  # type: ignore[assignment,method-assign]
    run(ports)
    assert read == ["demo"]


def test_a_terminating_instance_is_asked_again_until_it_is_gone() -> None:
    ports = serving()
    instance_id = the_instance(ports).instance_id
    ports.ec2.ignored.add(instance_id)
    run(ports, after_s=LEASE_S + 1)
    run(ports, after_s=10)
    assert ports.ec2.terminated == [instance_id] * 2
    ports.ec2.set(instance_id, Ec2State.TERMINATED)
    run(ports, after_s=10)
    assert state_of(ports, instance_id) is InstanceState.TERMINATED
    assert ports.ec2.terminated == [instance_id] * 2


def test_an_orphan_is_ended_on_a_later_pass_and_only_ours() -> None:
    ports = serving()
    ports.ec2.add("i-0bad", "lch-x")
    assert run(ports).alive
    assert (ports.ec2.orphans, ports.ec2.terminated) == (["i-0bad"], [])
    hear(ports)
    run(ports, after_s=30)
    assert ports.ec2.terminated == ["i-0bad"]


def test_an_instance_whose_launch_is_under_way_is_no_orphan() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    ports.ec2.add(INSTANCE, requested(ports).launch_id)
    run(ports)
    run(ports, after_s=60)
    assert ports.ec2.terminated == []


def test_an_instance_that_never_gets_ready_is_given_up() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    launched(ports)
    register_instance(INSTANCE, Boot(NONCE), ports)
    ports.time += BOOT_TIMEOUT_S + 1
    hear(ports)
    run(ports)
    assert state_of(ports, INSTANCE) is InstanceState.TERMINATING
    assert ports.fleet.get(INSTANCE).status_reason == "neverReady"
    run(ports)
    assert ports.pools.read("demo").failed_boots == 1


def test_an_agent_that_falls_silent_before_it_is_ready_is_a_failed_boot() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    launched(ports)
    register_instance(INSTANCE, Boot(NONCE), ports)
    for _ in range(2):
        run(ports, after_s=LEASE_S + 1)
    assert state_of(ports, INSTANCE) is InstanceState.TERMINATING
    assert ports.pools.read("demo").failed_boots == 1


# -- launches


def test_an_intent_nobody_started_is_started_again_and_then_given_up() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    plan_pool("demo", ports)
    ports.bus.events.clear()
    assert run(ports).alive
    assert ports.bus.kinds() == ["PoolChanged"]
    run(ports, after_s=START_TIMEOUT_S + 1)
    assert {each.state for each in ports.pools.read("demo").launches} == {LaunchState.FAILED}
    assert "LaunchFailed" in ports.bus.kinds()


def test_an_agent_that_never_registers_is_abandoned() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    launched(ports)
    run(ports, after_s=BOOT_TIMEOUT_S + 1)
    assert ports.ec2.terminated == [INSTANCE]
    assert state_of(ports, INSTANCE) is InstanceState.TERMINATING
    (failed,) = ports.pools.read("demo").launches
    assert (failed.state, failed.reason) == (LaunchState.FAILED, "InstanceNeverRegistered")


def test_a_launch_whose_instance_was_taken_before_it_registered_is_abandoned_at_once() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    launched(ports)
    ports.ec2.set(INSTANCE, Ec2State.TERMINATED, "Server.SpotInstanceTermination")
    run(ports, after_s=10)
    assert state_of(ports, INSTANCE) is InstanceState.TERMINATED
    (failed,) = ports.pools.read("demo").launches
    assert failed.state is LaunchState.FAILED
    ports.time = ports.pools.read("demo").launch_rests_until
    assert len(plan_pool("demo", ports).launch_ids) == 1


def test_a_lost_answer_to_a_launch_is_given_again_once() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    done = launched(ports)
    succeed = ports.tasks.succeed
    ports.tasks.succeed = lambda *_: None  # type: ignore[method-assign]
    register_instance(INSTANCE, Boot(NONCE), ports)
    ports.tasks.succeed = succeed  # type: ignore[method-assign]
    run(ports)
    assert ports.tasks.facts(f"token-{done.launch_id}") == ["registered"]
    assert ports.launches.get("demo", done.launch_id).task_token is None


# -- sessions


OVERDUE = [
    (SessionState.ASSIGNED, StatusReason.CONNECTION_TIMEOUT),
    (SessionState.CONNECTED, StatusReason.MAX_SESSION_LENGTH),
    (SessionState.DISCONNECTED, StatusReason.RECONNECTION_TIMEOUT),
]


@pytest.mark.parametrize(("state", "reason"), OVERDUE)
def test_an_overdue_session_ends_for_its_states_reason(state: SessionState, reason: StatusReason) -> None:
    ports = serving()
    session = launch(ports).session
    change(ports, session, state=state)
    ports.time = session.deadline_at
    hear(ports)
    run(ports)
    ended = ports.sessions.get(session.session_id)
    assert (ended.state, ended.status_reason) == (SessionState.ENDING, reason)


def test_a_session_nobody_adopted_is_announced_again() -> None:
    ports = serving()
    launch(ports)
    run(ports, after_s=19)
    assert ports.bus.kinds().count("SessionRequested") == 1
    run(ports, after_s=1)
    assert ports.bus.kinds().count("SessionRequested") == 2


def test_an_ending_nobody_finishes_is_finished_and_the_slot_comes_back() -> None:
    ports = serving()
    session = launch(ports).session
    end_session(session.session_id, StatusReason.USER_LEFT, ports)
    run(ports, after_s=30)
    assert ports.sessions.get(session.session_id).state is SessionState.ENDING
    run(ports, after_s=1)
    assert ports.sessions.get(session.session_id).state is SessionState.ENDED
    assert slot_of(ports, session).state is SlotState.RESETTING


def test_a_session_whose_slot_was_taken_away_moves_and_ends_when_it_moved_too_often() -> None:
    ports = serving()
    session = launch(ports).session
    slot = slot_of(ports, session)
    ports.slots.move(slot, renew(slot, ports.now(), ports.now()))
    run(ports)
    assert ports.sessions.get(session.session_id).state is SessionState.MIGRATING
    put(ports, replace(session, migrations=MOST_MIGRATIONS))
    run(ports)
    ended = ports.sessions.get(session.session_id)
    assert (ended.state, ended.status_reason) == (SessionState.ENDING, StatusReason.INSTANCE_UNHEALTHY)


def test_one_who_moves_and_never_finds_a_slot_ends_for_what_made_them_move() -> None:
    ports = serving()
    session = launch(ports).session
    slot = slot_of(ports, session)
    ports.slots.move(slot, renew(slot, ports.now(), ports.now()))
    run(ports)
    ports.time = ports.sessions.get(session.session_id).deadline_at
    hear(ports)
    run(ports)
    assert ports.sessions.get(session.session_id).status_reason is StatusReason.INSTANCE_UNHEALTHY


def test_one_who_waits_beside_a_free_slot_is_served() -> None:
    """Their own look after joining the line died."""
    ports = stage(0)
    session = launch(ports).session
    add_slot(ports, "i-00000009", SlotState.FREE)
    ports.ec2.add("i-00000009")
    hear(ports)
    run(ports)
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED


# -- slots


def test_a_slot_held_for_a_session_that_is_over_is_reset() -> None:
    ports = serving()
    session = launch(ports).session
    held = slot_of(ports, session)
    change(ports, session, state=SessionState.ENDED)
    run(ports)
    slot = ports.slots.get(held.slot_id)
    assert (slot.state, slot.epoch, slot.session_id) == (SlotState.RESETTING, held.epoch, None)


def test_a_slot_that_never_gets_ready_is_reminded_and_then_retired_alone() -> None:
    ports = serving()
    stuck = add_slot(ports, "i-00000009", SlotState.RESETTING)
    ports.ec2.add("i-00000009")
    change(ports, stuck, deadline_at=ports.now())
    hear(ports)
    run(ports, after_s=1)
    assert ports.slots.get(stuck.slot_id).state is SlotState.RESETTING
    run(ports, after_s=30)
    assert ports.slots.get(stuck.slot_id).state is SlotState.RETIRED
    assert plan_pool("demo", ports).retired_ids == ("i-00000009",)


def test_the_free_counter_is_counted_anew() -> None:
    ports = serving(2)
    miscount_free(ports, 7)
    run(ports)
    assert ports.pools.free("demo") == 2


def test_one_bad_row_does_not_stop_the_others() -> None:
    ports = serving(2)
    session = launch(ports).session
    first = instances(ports)[0].instance_id
    ports.time = session.deadline_at
    hear(ports)
    list_all = ports.slots.get

    def broken(slot_id: str) -> object:
        if slot_id.startswith(first):
            raise ConnectionError
        return list_all(slot_id)

    change(ports, slots_of(ports, first)[0], state=SlotState.RESETTING, deadline_at=0.0, session_id=None)
    ports.slots.get = broken  # type: ignore[assignment,method-assign]
    with pytest.raises(PassIncomplete):
        run(ports)
    assert ports.sessions.get(session.session_id).state is SessionState.ENDING


def test_a_healthy_house_is_left_as_it_is() -> None:
    ports = stage(0)
    policy(ports, always_on=1)
    booted(ports)
    session = launch(ports).session
    ports.sessions.store_wait(session.session_id, PendingWait("connection", "token", "arn"))
    slot = slot_of(ports, session)
    report(ports, session, slot, SlotEvent.CONNECTED, 0)
    before = snapshot(ports)
    run(ports)
    assert (snapshot(ports).sessions, snapshot(ports).slots) == (before.sessions, before.slots)
    assert ports.ec2.terminated == []
