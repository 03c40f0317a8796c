"""Undoes a launch (an intent to start an instance): terminates its instances, and pauses the pool's launches."""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import IllegalTransition, NotFound
from greenroom.domain.events import LaunchFailed, ReaperNeeded
from greenroom.domain.instance.instance import InstanceState, changed_if_allowed
from greenroom.domain.instance.launch import LaunchState, failed
from greenroom.domain.instance.offering import jittered
from greenroom.domain.journal import launch as journal
from greenroom.ports.instance import Ec2State
from greenroom.usecases.change_rows import change_instance, change_launch
from greenroom.usecases.instance.record_refusals import attempts_of, record_refusals
from greenroom.usecases.one_by_one import one_by_one
from greenroom.usecases.pool.judge_boots import record_boot_failure

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.domain.instance.launch import Launch
    from greenroom.domain.instance.offering import FleetAnswer
    from greenroom.ports.instance import Ec2Instance, HasEc2, HasFleet, HasLaunches, HasOfferings
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasPools
    from greenroom.ports.reaper import HasReaper
    from greenroom.ports.world import Clock, Rng

    class Ports(
        Clock, Rng, HasBus, HasEc2, HasFleet, HasJournal, HasLaunches, HasOfferings, HasPools, HasReaper, Protocol
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


FIRST_COOLDOWN_S, LONGEST_COOLDOWN_S = 30, 600
"""The pause of a pool's launches after a first failed launch, and the longest pause, seconds.

Each further failure in a row doubles the pause, with jitter. So a broken image does not cost money for launch after
launch.
"""
NEVER_REGISTERED = frozenset({"States.Timeout", "InstanceNeverRegistered"})
"""Reasons of a failed launch which mean that the agent of the launched instance never registered.

Either the launch's state machine waited in vain until its timeout, or the reaper (the repair that runs every 10 s)
found the launch past its deadline.
"""
BROKEN_BOOTS = frozenset(
    {"Client.InstanceInitiatedShutdown", "Client.InternalError", "Client.InvalidSnapshot.NotFound"}
)
"""EC2's reasons for the end of an instance which mean that the image is probably broken.

Source: EC2 API, StateReason of an instance.
"""


def abandon_launch(pool_id: str, launch_id: str, error: str, answer: FleetAnswer, ports: Ports) -> bool:
    """Undoes the launch: marks the launch as failed and terminates its instances. Idempotent.

    Returns False if the launch's agent has registered in the meantime; then nothing is undone.
    `error`: why the launch is undone. If EC2 launched nothing because it refused, the refusals in `answer` are recorded
    as the reason instead. Raises: NotFound.
    """
    record_refusals(pool_id, answer, ports)
    is_refused = answer.refusals and not answer.launched and not answer.fault
    reason = answer.failure if is_refused else error
    try:
        now = ports.now()
        launch = change_launch(pool_id, launch_id, lambda before: failed(before, reason, now), ports)
        first = True
    except IllegalTransition:
        launch, first = ports.launches.get(pool_id, launch_id), False
    if launch.state is LaunchState.REGISTERED:
        return False
    found = ports.ec2.list_of_launch(launch_id)
    _judge(launch, found, ports)
    if first:  # done before terminating: if EC2 refuses that, the repeated call is not the first any more
        _announce(launch, answer, ports)
    named = {*launch.instance_ids, *(each.instance_id for each in answer.launched)}
    _end_instances(named.union(each.instance_id for each in found), ports)
    return True


def _judge(launch: Launch, found: Sequence[Ec2Instance], ports: Ports) -> None:
    """Counts a failed boot for each instance of a launch that timed out, because the image may be broken.

    An instance that EC2 or a person has ended does not count, unless EC2's reason points at a broken image. An instance
    that the launch's row does not name does not count either: EC2's answer to the launch was lost, so the agent had
    less than the full time to register.
    """
    if launch.reason not in NEVER_REGISTERED:
        return
    for each in found:
        is_broken = each.state in (Ec2State.PENDING, Ec2State.RUNNING) or each.ended_by in BROKEN_BOOTS
        if each.instance_id in launch.instance_ids and is_broken:
            record_boot_failure(launch.pool_id, each.instance_id, "neverRegistered", ports)


def _end_instances(instance_ids: Set[str], ports: Ports) -> None:
    """Terminates the instances of a launch.

    `instance_ids`: as found by the launch's tag, in the launch's row and in EC2's answer, because each of the three may
    lack some ids.
    """

    def end(instance_id: str) -> None:
        with suppress(NotFound):  # the instance may have no row
            change_instance(instance_id, _leaving, ports)
        ports.ec2.terminate(instance_id)

    one_by_one(sorted(instance_ids), end)


def _leaving(instance: Instance) -> Instance:
    return changed_if_allowed(instance, InstanceState.TERMINATING, "launchFailed")


def _announce(launch: Launch, answer: FleetAnswer, ports: Ports) -> None:
    now, failures = ports.now(), ports.pools.read(launch.pool_id).failed_launches
    rest_s = round(jittered(min(FIRST_COOLDOWN_S * 2 ** min(failures, 10), LONGEST_COOLDOWN_S), ports.rng.random()), 1)
    if not launch.for_warm_tier:  # launches for viewers must not pause because of a launch that is not urgent
        ports.pools.record_launch_failed(launch.pool_id, now + rest_s)
    said = attempts_of(answer), answer.fault or None
    ports.journal.append(journal.LaunchFailed(launch.pool_id, launch.launch_id, launch.reason, rest_s, *said), now)
    ports.bus.send(LaunchFailed(pool_id=launch.pool_id, launch_id=launch.launch_id, reason=launch.reason))
    if not ports.reaper.is_held(now):
        ports.bus.send(ReaperNeeded(cause="launchFailed"))  # the reaper plans the pool again after the pause
