"""Undo a launch: its instances are found by their tag, ended one by one, and the pool rests before it tries again."""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import suppress
from typing import Protocol

from greenroom.domain.errors import IllegalTransition, NotFound
from greenroom.domain.events import LaunchFailed, ReaperNeeded
from greenroom.domain.instance.instance import INSTANCE_TRANSITIONS, Instance, InstanceState, changed
from greenroom.domain.instance.launch import Launch, LaunchState, failed
from greenroom.domain.instance.offering import FleetAnswer, jittered
from greenroom.domain.journal import launch as journal
from greenroom.ports.instance import Ec2Instance, Ec2State, HasEc2, HasFleet, HasLaunches, HasOfferings
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.pool import HasPools
from greenroom.ports.reaper import HasReaper
from greenroom.ports.world import Clock, Dice
from greenroom.usecases.change_rows import change_instance, change_launch
from greenroom.usecases.instance.note_refusals import attempts_of, note_refusals
from greenroom.usecases.one_by_one import one_by_one
from greenroom.usecases.pool.judge_boots import note_boot_failure


class Ports(
    Clock, Dice, HasBus, HasEc2, HasFleet, HasJournal, HasLaunches, HasOfferings, HasPools, HasReaper, Protocol
):
    """What is reached here, callees included."""


FIRST_REST_S, LONGEST_REST_S = 30, 600
"""After the first failure in a row, doubling to the longest, with jitter: a broken image must not burn money."""
NEVER_REGISTERED = frozenset({"States.Timeout", "InstanceNeverRegistered"})
"""The machine's wait ran out, or the reaper found the launch past its deadline."""
BROKEN_BOOTS = frozenset(
    {"Client.InstanceInitiatedShutdown", "Client.InternalError", "Client.InvalidSnapshot.NotFound"}
)
"""Ends that are the image's own doing. Source: EC2 API, StateReason of an instance."""


def abandon_launch(pool_id: str, launch_id: str, error: str, answer: FleetAnswer, ports: Ports) -> bool:
    """Whether there was anything to undo: an agent that registered meanwhile has won. Repeating it is harmless.

    Raises: NotFound.
    """
    note_refusals(pool_id, answer, ports)
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
    if first:  # before the ends: a call that EC2 refuses is made again, and is not the first then
        _announce(launch, answer, ports)
    named = {*launch.instance_ids, *(each.instance_id for each in answer.launched)}
    _end_instances(named.union(each.instance_id for each in found), ports)
    return True


def _judge(launch: Launch, found: Sequence[Ec2Instance], ports: Ports) -> None:
    """An instance had its time and never registered: a failed boot, unless EC2 or a person took it away.

    Only a launch that was answered names instances: one whose answer was lost had no such time.
    """
    if launch.reason not in NEVER_REGISTERED:
        return
    for each in found:
        is_broken = each.state in (Ec2State.PENDING, Ec2State.RUNNING) or each.ended_by in BROKEN_BOOTS
        if each.instance_id in launch.instance_ids and is_broken:
            note_boot_failure(launch.pool_id, each.instance_id, "neverRegistered", ports)


def _end_instances(instance_ids: Set[str], ports: Ports) -> None:
    """Those of the tag, of the row and of EC2's answer: each of these may leave one out."""

    def end(instance_id: str) -> None:
        with suppress(NotFound):  # it may never have got a row
            change_instance(instance_id, _leaving, ports)
        ports.ec2.terminate(instance_id)

    one_by_one(sorted(instance_ids), end)


def _leaving(instance: Instance) -> Instance:
    if InstanceState.TERMINATING not in INSTANCE_TRANSITIONS[instance.state]:
        return instance
    return changed(instance, InstanceState.TERMINATING, "launchFailed")


def _announce(launch: Launch, answer: FleetAnswer, ports: Ports) -> None:
    now, failures = ports.now(), ports.pools.read(launch.pool_id).failed_launches
    rest_s = round(jittered(min(FIRST_REST_S * 2 ** min(failures, 10), LONGEST_REST_S), ports.dice.random()), 1)
    if not launch.for_warm_tier:  # else what viewers need would rest for what may wait
        ports.pools.note_launch_failed(launch.pool_id, now + rest_s)
    said = attempts_of(answer), answer.fault or None
    ports.journal.append(journal.LaunchFailed(launch.pool_id, launch.launch_id, launch.reason, rest_s, *said), now)
    ports.bus.send(LaunchFailed(pool_id=launch.pool_id, launch_id=launch.launch_id, reason=launch.reason))
    if not ports.reaper.is_held(now):
        ports.bus.send(ReaperNeeded(cause="launchFailed"))  # it plans the pool again when the rest is over
