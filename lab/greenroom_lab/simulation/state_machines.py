"""The state machines, as little interpreters of what their definitions do; any step may die with its execution."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from greenroom.domain.errors import (
    GreenroomError,
    NoFreeSlot,
    NotFound,
    PassIncomplete,
    SessionAlreadyAdopted,
    StoreBusy,
    TaskGone,
)
from greenroom.domain.events import InstanceNoticed
from greenroom.domain.instance.instance import Notice, NoticeKind
from greenroom.domain.instance.offering import FleetAnswer
from greenroom.domain.session.session import StatusReason
from greenroom.domain.times import epoch_seconds
from greenroom.usecases.instance.abandon_launch import abandon_launch
from greenroom.usecases.instance.await_registration import await_registration
from greenroom.usecases.instance.evacuate_instance import evacuate_instance
from greenroom.usecases.instance.follow_plan import follow_plan
from greenroom.usecases.instance.prepare_launch import prepare_launch
from greenroom.usecases.pool.plan_pool import PlannedPool, plan_pool
from greenroom.usecases.reaper.reconcile_fleet import PassResult, reconcile_fleet
from greenroom.usecases.session.await_facts import adopt_session, await_end, await_slot
from greenroom.usecases.session.end_session import end_overdue_session, end_session
from greenroom.usecases.session.release_slot import release_slot

from greenroom_lab.simulation.agents import LEASE_S
from greenroom_lab.simulation.cloud import ReplyLost, SimulatedEc2
from greenroom_lab.simulation.world import Crash, PoolChanged, SessionRequested, World

POOL, SUBNETS = "demo", ("subnet-a", "subnet-b")
INTERRUPTION_TIMEOUT_S = 240
ADOPT_TIMEOUT_S, SLOT_TIMEOUT_S, END_TIMEOUT_S, REGISTRATION_TIMEOUT_S = 900, 7200, 90_000, 1500
PASS_EVERY_S = 10

Then = Callable[[Mapping[str, Any]], None]
Failed = Callable[[str], None]


class Tasks:
    """ports.TaskTokens: answering a token goes on with its execution."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.waiting: dict[str, Then] = {}
        self.numbers = itertools.count(1)

    def wait(self, timeout_s: float, then: Then, late: Failed) -> str:
        token = f"task-{next(self.numbers)}"
        self.waiting[token] = then
        self.world.after(timeout_s, timeout_s, lambda: self._late(token, late))
        return token

    def drop(self, token: str) -> None:
        self.waiting.pop(token, None)

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        then = self.waiting.pop(task_token, None)
        if then is None:
            raise TaskGone(task_token)
        self.world.after(0.05, 0.5, lambda: then(output))

    def _late(self, token: str, late: Failed) -> None:
        if self.waiting.pop(token, None) is not None:
            late("States.Timeout")


class SessionLifecycle:
    """session_lifecycle.asl: one execution per announcement."""

    def __init__(self, world: World, tasks: Tasks, event: SessionRequested, number: int) -> None:
        self.world, self.tasks, self.ports = world, tasks, world.ports
        self.session_id, self.arn = event.session_id, f"arn:session-{number}"

    def adopt(self) -> None:
        token = self.tasks.wait(ADOPT_TIMEOUT_S, lambda _: self._await_end(), self._undo)
        try:
            self.world.invoke(lambda: adopt_session(self.session_id, self.arn, token, self.ports))
        except NoFreeSlot:
            self.tasks.drop(token)
            self._await_slot()
        except SessionAlreadyAdopted:
            self.tasks.drop(token)
        except (Crash, GreenroomError) as error:
            self._failed(token, error, self.adopt)

    def _await_slot(self) -> None:
        token = self.tasks.wait(SLOT_TIMEOUT_S, lambda _: self.adopt(), self._undo)
        try:
            self.world.invoke(lambda: await_slot(self.session_id, token, self.ports))
        except (Crash, GreenroomError) as error:
            self._failed(token, error, self._await_slot)

    def _await_end(self) -> None:
        token = self.tasks.wait(END_TIMEOUT_S, self._how_did_it_end, self._undo)
        try:
            self.world.invoke(lambda: await_end(self.session_id, token, self.ports))
        except (Crash, GreenroomError) as error:
            self._failed(token, error, self._await_end)

    def _how_did_it_end(self, output: Mapping[str, Any]) -> None:
        if output["outcome"] == "migrated":
            self.adopt()
        else:
            self._release()

    def _failed(self, token: str, error: BaseException, again: Callable[[], None]) -> None:
        """A dead function is tried again, a refusal undone; now and then the whole execution is gone."""
        luck = self.world.random.random()
        if isinstance(error, StoreBusy) or (isinstance(error, Crash) and luck < 0.7):
            # The machine's Retry: the same task once more, with a token of its own.
            self.tasks.drop(token)
            self.world.after(1, 3, again)
            return
        self.tasks.drop(token)
        if not isinstance(error, Crash) or luck < 0.9:
            self._undo(type(error).__name__)

    def _undo(self, error: str) -> None:
        def undo() -> None:
            session = self.ports.sessions.get(self.session_id)
            if error == "States.Timeout":
                end_overdue_session(session, self.ports)
            end_session(self.session_id, StatusReason.INTERNAL_ERROR, self.ports)

        self.world.attempt(undo, lambda: self._undo(error))
        self._release()

    def _release(self) -> None:
        self.world.attempt(lambda: release_slot(self.session_id, self.ports), self._release)


class LaunchInstance:
    """launch_instance.asl."""

    def __init__(
        self, world: World, tasks: Tasks, ec2: SimulatedEc2, launch_id: str, on_launch: Callable[[str], None]
    ) -> None:
        self.world, self.tasks, self.ec2, self.launch_id = world, tasks, ec2, launch_id
        self.ports, self.on_launch = world.ports, on_launch
        self.refusals: FleetAnswer = FleetAnswer((), ())

    def start(self) -> None:
        try:
            prepared = self.world.invoke(lambda: prepare_launch(POOL, self.launch_id, SUBNETS, self.ports))
        except Crash:
            if self.world.random.random() < 0.7:
                self.world.after(1, 3, self.start)
            return
        except StoreBusy:
            self.world.after(1, 3, self.start)
            return
        except GreenroomError as error:
            self._abandon(type(error).__name__)
            return
        for request in (prepared.spot, prepared.on_demand):
            if request is None:
                continue
            try:
                answer = self.ec2.create_fleet(request)
            except ReplyLost:
                self._boot_those_of()
                self._abandon("Ec2.SdkClientException")
                return
            if answer.launched:
                self._boot_those_of()
                self._record(FleetAnswer(answer.launched, self.refusals.refusals))
                return
            self.refusals = FleetAnswer((), (*self.refusals.refusals, *answer.refusals))
        self._abandon("CapacityUnavailable")

    def _boot_those_of(self) -> None:
        for each in self.ec2.list_of_launch(self.launch_id):
            self.on_launch(each.instance_id)

    def _record(self, answer: FleetAnswer) -> None:
        self.refusals = answer
        token = self.tasks.wait(REGISTRATION_TIMEOUT_S, lambda _: None, self._abandon)
        try:
            self.world.invoke(lambda: await_registration(POOL, self.launch_id, answer, token, self.ports))
        except Crash:
            self.tasks.drop(token)
            if self.world.random.random() < 0.6:  # else the execution is gone with its function
                self.world.after(1, 3, lambda: self._record(answer))
        except StoreBusy:
            self.tasks.drop(token)
            self.world.after(1, 3, lambda: self._record(answer))
        except GreenroomError as error:
            self.tasks.drop(token)
            self._abandon(type(error).__name__)

    def _abandon(self, error: str) -> None:
        self.world.attempt(
            lambda: abandon_launch(POOL, self.launch_id, error, self.refusals, self.ports),
            lambda: self._abandon(error),
        )


class HandleInterruption:
    """handle_interruption.asl: looks until nothing is left to do."""

    def __init__(self, world: World, event: InstanceNoticed) -> None:
        self.world, self.event, self.ends_by = world, event, world.now + INTERRUPTION_TIMEOUT_S

    def look(self) -> None:
        event, done = self.event, None
        ends_at = epoch_seconds(event.ends_at) if event.ends_at else None
        notice = Notice(NoticeKind(event.kind), epoch_seconds(event.noticed_at), ends_at)
        try:
            seen = self.world.invoke(lambda: evacuate_instance(event.instance_id, notice, self.world.ports))
            done = seen.done
        except NotFound:
            return
        except (Crash, GreenroomError):
            if self.world.random.random() < 0.1:
                return  # the execution is gone with its function: the reaper looks
        if not done and self.world.now < self.ends_by:
            self.world.after(2, 2, self.look)


class StateMachines:
    """Starts executions for what the bus delivers."""

    def __init__(self, world: World, ec2: SimulatedEc2, on_launch: Callable[[str], None]) -> None:
        self.world, self.ec2, self.on_launch = world, ec2, on_launch
        self.tasks = Tasks(world)
        self.numbers = itertools.count(1)
        self.launches_started: set[str] = set()
        self.after_pass: Callable[[PassResult | None], None] = lambda result: None

    def session_requested(self, event: SessionRequested) -> None:
        SessionLifecycle(self.world, self.tasks, event, next(self.numbers)).adopt()

    def instance_noticed(self, event: InstanceNoticed) -> None:
        self.world.counts["notice"] += 1
        HandleInterruption(self.world, event).look()

    def pool_changed(self, event: PoolChanged) -> None:
        planned = self.world.attempt(lambda: plan_pool(POOL, self.world.ports), lambda: self.pool_changed(event))
        if planned is not None:
            self._follow(planned)

    def _follow(self, planned: PlannedPool) -> None:
        self._follow_plan(planned)
        for launch_id in planned.launch_ids:
            if launch_id not in self.launches_started:
                self.launches_started.add(launch_id)
                state_machine = LaunchInstance(self.world, self.tasks, self.ec2, launch_id, self.on_launch)
                self.world.after(0.2, 2, state_machine.start)

    def _follow_plan(self, planned: PlannedPool) -> None:
        lists = planned.start_ids, planned.stop_ids, planned.retired_ids
        self.world.attempt(
            lambda: follow_plan(POOL, *lists, self.world.ports),
            lambda: self._follow_plan(planned),
        )

    # -- the reaper

    def reaper_needed(self, event: object = None) -> None:
        self._run_pass(f"reaper-{next(self.numbers)}", self.world.now)

    def every_quarter_hour(self) -> None:
        self.world.after(900, 900, self.every_quarter_hour)
        self.reaper_needed()

    def _run_pass(self, owner: str, started_at: float) -> None:
        result = None
        try:
            result = self.world.invoke(lambda: reconcile_fleet(owner, started_at, LEASE_S, self.world.ports))
        except PassIncomplete as error:
            self.world.counts["incomplete_pass"] += 1
            self.world.errors[f"PassIncomplete {error}"[:160]] += 1
        except StoreBusy:
            self.world.after(1, 3, lambda: self._run_pass(owner, started_at))
            return
        except Crash:
            if self.world.random.random() < 0.1:
                return  # the execution is gone; its lease runs out
        if result is not None and result.lease_lost:
            return
        self.after_pass(result)
        if result is not None and result.hand_over:
            self.world.after(0.5, 2, self.reaper_needed)
        elif result is None or result.alive:
            wait_s = PASS_EVERY_S if result is None else result.wait_s
            self.world.after(wait_s, wait_s, lambda: self._run_pass(owner, started_at))
