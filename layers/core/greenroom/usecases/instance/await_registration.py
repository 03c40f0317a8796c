"""Stores the instances that EC2 launched, and makes the launch's state machine wait until their agent registers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import LAUNCH_FAILURES, LaunchAbandoned, TaskGone
from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.domain.instance.launch import LaunchState, advanced
from greenroom.domain.journal import launch as journal
from greenroom.usecases.change_rows import change_launch
from greenroom.usecases.instance.record_refusals import attempts_of, record_refusals
from greenroom.usecases.pool.judge_boots import boot_timeout_s

if TYPE_CHECKING:
    from greenroom.domain.instance.launch import Launch
    from greenroom.domain.instance.offering import FleetAnswer, LaunchedInstance
    from greenroom.ports.instance import HasFleet, HasLaunches, HasOfferings
    from greenroom.ports.notify import HasBus, HasJournal, HasTasks
    from greenroom.ports.pool import HasPools
    from greenroom.ports.world import Clock, Rng

    class Ports(Clock, Rng, HasBus, HasFleet, HasJournal, HasLaunches, HasOfferings, HasPools, HasTasks, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def await_registration(pool_id: str, launch_id: str, answer: FleetAnswer, task_token: str, ports: Ports) -> None:
    """Stores the instances that EC2 launched, and the task token with which the launch's state machine waits.

    The state machine waits until the instances' agent registers. If the agent has already registered, the state machine
    is answered at once. Both the task token and the registration are written to the launch's row, each by a write that
    fails if the row has changed since it was read. So the later of the two writes sees both, and its caller answers the
    state machine.
    `answer`: EC2's answer to the launch.
    Raises: NotFound, LaunchAbandoned (the launch was undone); CapacityUnavailable, AccountLimitReached,
    RequestThrottled or OfferingsInvalid when EC2 launched nothing.
    """
    record_refusals(pool_id, answer, ports)
    launch = ports.launches.get(pool_id, launch_id)
    if not answer.launched:
        raise LAUNCH_FAILURES[answer.failure](launch_id)
    deadline_at = ports.now() + boot_timeout_s(pool_id, ports)
    for each in answer.launched:
        ports.fleet.add(_instance(each, launch, ports.now(), deadline_at))
    instance_ids = tuple(each.instance_id for each in answer.launched)
    launch = change_launch(
        pool_id, launch_id, lambda before: _launched(before, instance_ids, task_token, deadline_at), ports
    )
    market, attempts = answer.launched[0].market, attempts_of(answer)
    entry = journal.InstanceLaunched(pool_id, launch_id, instance_ids, market, attempts)
    ports.journal.append(entry, ports.now())
    answer_launch(launch, ports)


def _launched(launch: Launch, instance_ids: tuple[str, ...], task_token: str, deadline_at: float) -> Launch:
    """Returns the launch with its instances and the task token of its state machine.

    Raises: LaunchAbandoned (the launch was undone in the meantime).
    """
    if launch.state is LaunchState.FAILED:
        raise LaunchAbandoned(launch.launch_id)
    recorded = replace(launch, instance_ids=instance_ids, task_token=task_token)
    return advanced(recorded, LaunchState.LAUNCHED, deadline_at) if launch.state is LaunchState.REQUESTED else recorded


def _instance(launched: LaunchedInstance, launch: Launch, now: float, deadline_at: float) -> Instance:
    return Instance(
        instance_id=launched.instance_id,
        pool_id=launch.pool_id,
        application_id=launch.application_id,
        launch_id=launch.launch_id,
        state=InstanceState.LAUNCHING,
        instance_type=launched.instance_type,
        zone=launched.zone,
        market=launched.market,
        slot_count=launch.slots,
        launched_at=now,
        deadline_at=deadline_at,
    )


def answer_launch(launch: Launch, ports: Ports) -> None:
    """Answers the state machine that waits for this launch, if the launch's agent has registered.

    Call this function after each write of the task token or of the registration, with the launch's row as it is after
    the write.
    """
    if launch.task_token is None or launch.state is not LaunchState.REGISTERED:
        return
    with suppress(TaskGone):
        output = {"launchId": launch.launch_id, "fact": "registered", "instanceIds": list(launch.instance_ids)}
        ports.tasks.succeed(launch.task_token, output)
