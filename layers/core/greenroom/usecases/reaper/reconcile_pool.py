"""Repairs one pool in each pass of the reaper: its launches, instances, line and count of free slots.

A pass is one run of the reaper, the repair that runs every 10 s. Afterwards the pool's capacity is planned, and a
planning pass (a run of the planner) is requested if the plan would change something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.events import MassSilenceSeen
from greenroom.domain.instance.instance import InstanceState, is_at_rest
from greenroom.domain.instance.launch import LaunchState
from greenroom.domain.instance.offering import FleetAnswer
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.plan_capacity import plan_capacity
from greenroom.usecases.change_rows import change_launch
from greenroom.usecases.instance.abandon_launch import abandon_launch
from greenroom.usecases.instance.await_registration import answer_launch
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.line.notify_waiting import NOTIFIED_A_DISPATCH, notify_waiting
from greenroom.usecases.pool.drain_others import drain_others
from greenroom.usecases.pool.read_snapshot import count_slots, read_snapshot
from greenroom.usecases.pool.request_pass import request_pass
from greenroom.usecases.reaper.end_unserved import end_unserved
from greenroom.usecases.reaper.reconcile_instances import is_mass_silence, reconcile_instance, silent_instances
from greenroom.usecases.session.reconcile_pre_queue import reconcile_pre_queue

if TYPE_CHECKING:
    from greenroom.domain.instance.launch import Launch
    from greenroom.ports.event import HasEvents
    from greenroom.ports.instance import Ec2Instance, HasEc2, HasFleet, HasLaunches, HasOfferings, Member
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.reaper import HasOrphans, HasReaper
    from greenroom.ports.session import HasClaims, HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock, InParallel, Rng
    from greenroom.usecases.pool.read_snapshot import PoolReading
    from greenroom.usecases.reaper.repairs import Attempt

    class Ports(
        Clock,
        Rng,
        HasBus,
        HasCatalog,
        HasClaims,
        HasConnections,
        HasEc2,
        HasEvents,
        HasFleet,
        HasJournal,
        HasLaunches,
        HasLine,
        HasMetrics,
        HasOfferings,
        HasOrphans,
        HasPools,
        HasReaper,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        InParallel,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


SILENCE_OVER_S = 120
"""After how many seconds without a mass silence (many instances without heartbeats at once) the last one is over.

A mass silence after that time is announced as a new one.
"""


@dataclass(frozen=True, slots=True)
class PoolFound:
    """What one pass (run of the reaper) has found in a pool."""

    is_alive: bool  # something is left for later passes, or the pool lacks slots
    waiting: int  # sessions in line
    silent_left_alone: int  # instances without heartbeats that were not ended, because too many were silent at once


def reconcile_pool(
    pool_id: str, seen: Mapping[str, Ec2Instance], lease_s: int, attempt: Attempt, ports: Ports
) -> PoolFound:
    """Makes the repairs of one pool. All these repairs are decided from one reading of the pool's rows.

    What a repair changes is seen by the next pass (run of the reaper). `seen`: EC2's instances by id, as listed before
    the rows were read. `lease_s`: how old an instance's last heartbeat may be before the instance counts as silent.
    `attempt`: runs one repair.
    Raises: NotFound (the pool is listed, but not configured yet).
    """
    counter = ports.pools.free(pool_id)  # read before the slots, so that a claim in between prevents the correction
    reading = read_snapshot(pool_id, ports)
    members, launches = reading.members, reading.rows.launches
    silent = {each.instance_id for each in silent_instances(members, lease_s, ports.now())}
    spared = len(silent) if is_mass_silence(len(silent), members) else 0
    if spared:
        attempt(pool_id, lambda: _announce_silence(pool_id, spared, ports))
    if reading.snapshot.queued:  # done first: viewers hear at regular times, however long the repairs take
        attempt(pool_id, lambda: end_unserved(reading.pool, ports))
        attempt(pool_id, lambda: reconcile_pre_queue(pool_id, ports))
        attempt(pool_id, lambda: _notify_line(pool_id, ports))
    for member in members:
        _attempt_instance(member, seen, not spared and member.instance.instance_id in silent, attempt, ports)
    attempt(pool_id, lambda: _drain_others(reading, ports))
    for launch in launches:
        attempt(launch.launch_id, lambda one=launch: _reconcile_launch(one, ports))  # type: ignore[misc]
    if reading.snapshot.queued:
        attempt(pool_id, lambda: _serve_line(pool_id, ports))
    _recount(reading, counter, ports)
    wants = _plan(reading, ports)
    awake = any(not is_at_rest(each.instance) for each in members) or any(each.is_open for each in launches)
    return PoolFound(awake or wants, reading.snapshot.queued, spared)


def _announce_silence(pool_id: str, spared: int, ports: Ports) -> None:
    """Announces on the bus that many instances at once send no heartbeats. While this lasts, it is announced only once.

    `spared`: the number of these instances, which are not ended.
    """
    now = ports.now()
    before = ports.reaper.last_recorded(f"SILENCE#{pool_id}", now)
    if before is None or now - before > SILENCE_OVER_S:
        ports.bus.send(MassSilenceSeen(pool_id=pool_id, instances=spared))


def _serve_line(pool_id: str, ports: Ports) -> None:
    """Gives free slots to the sessions in line, in case the calls that should have done so died.

    Without this, a session could wait beside a free slot.
    """
    if dispatch_line(pool_id, ports):
        notify_waiting(pool_id, ports, NOTIFIED_A_DISPATCH)


def _notify_line(pool_id: str, ports: Ports) -> None:
    notify_waiting(pool_id, ports)


def _attempt_instance(
    member: Member, seen: Mapping[str, Ec2Instance], is_silent: bool, attempt: Attempt, ports: Ports
) -> None:
    instance_id = member.instance.instance_id
    attempt(instance_id, lambda: reconcile_instance(member, seen.get(instance_id), is_silent, ports))


def _drain_others(reading: PoolReading, ports: Ports) -> None:
    drain_others(reading, ports)


def _reconcile_launch(launch: Launch, ports: Ports) -> None:
    if launch.state is LaunchState.REGISTERED and launch.task_token is not None:
        answer_launch(launch, ports)  # the first answer may have been lost; after this one, the token is not needed
        change_launch(launch.pool_id, launch.launch_id, lambda before: replace(before, task_token=None), ports)
    elif launch.is_open and (ports.now() > launch.deadline_at or _lost_its_instances(launch, ports)):
        nothing = FleetAnswer((), ())
        abandon_launch(launch.pool_id, launch.launch_id, "InstanceNeverRegistered", nothing, ports)


def _lost_its_instances(launch: Launch, ports: Ports) -> bool:
    """Whether EC2 took all of the launch's instances away before an agent registered.

    Such a launch must be undone, because its slots still count as slots that will be ready soon.
    """
    return bool(launch.instance_ids) and all(_is_gone(each, ports) for each in launch.instance_ids)


def _is_gone(instance_id: str, ports: Ports) -> bool:
    try:
        return ports.fleet.get(instance_id).state is InstanceState.TERMINATED
    except NotFound:
        return False


def _recount(reading: PoolReading, before: int | None, ports: Ports) -> None:
    """Corrects the pool's approximate count of free slots. `before`: the count as read before the slots.

    The count is wrong after a call died between changing a slot and changing the count.
    """
    counted = sum(count_slots(each.slots, SlotState.FREE) for each in reading.own)
    if before != counted:
        ports.pools.correct_free(reading.pool.pool_id, before, counted)


def _plan(reading: PoolReading, ports: Ports) -> bool:
    """Plans the pool's capacity, and requests a planning pass (a run of the planner) if the plan changes something.

    Returns whether the reaper must keep looking at the pool: the pool lacks slots, has something to change, or has
    slots reserved for an event.
    """
    pool_id = reading.pool.pool_id
    plan, since = plan_capacity(reading.snapshot), reading.rows.surplus_since
    clock_moves = plan.surplus_since != since
    if since is not None and not clock_moves and plan.surplus_least < reading.rows.surplus_least:
        ports.pools.lower_surplus(pool_id, since, plan.surplus_least)  # a dip between two planning passes counts too
    unstarted = any(each.state is LaunchState.INTENDED for each in reading.rows.launches)
    if plan.changes_anything or clock_moves or unstarted:
        request_pass(pool_id, "reconciled", ports)
    return plan.changes_anything or plan.waits or bool(reading.snapshot.event_slots)
