"""Stops and starts instances of the warm pool (stopped instances that start quickly), one by one.

If a request to EC2 is lost, the reaper (the repair that runs every 10 s) repeats the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import AccountLimitReached, CapacityUnavailable, Conflict, NotFound
from greenroom.domain.instance.instance import InstanceState, is_at_rest, refused_start, started
from greenroom.domain.instance.offering import CAPACITY_COOLDOWN_S
from greenroom.domain.journal import instance as journal
from greenroom.ports.instance import Ec2State
from greenroom.usecases.change_rows import change_instance
from greenroom.usecases.instance.record_refusals import record_account_limit
from greenroom.usecases.instance.retire_instances import retire_instances
from greenroom.usecases.one_by_one import one_by_one
from greenroom.usecases.pool.judge_boots import boot_timeout_s
from greenroom.usecases.pool.request_pass import request_pass

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.ports.instance import Ec2Instance, HasEc2, HasFleet, HasLaunches, HasOfferings, Member
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasPools
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.world import Clock, Rng

    class Ports(
        Clock, Rng, HasBus, HasEc2, HasFleet, HasJournal, HasLaunches, HasOfferings, HasPools, HasSlots, Protocol
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


I = InstanceState  # noqa: E741


def stop_instances(instance_ids: Sequence[str], ports: Ports) -> list[str]:
    """Asks EC2 to stop the instances that are marked as Stopped but not yet stopped in EC2. Returns their ids.

    If a request is lost, the reaper (the repair that runs every 10 s) repeats it.
    """
    asked = one_by_one(instance_ids, lambda each: _stop(each, ports))
    return [each for each, was_asked in zip(instance_ids, asked, strict=True) if was_asked]


def _stop(instance_id: str, ports: Ports) -> bool:
    try:
        instance = ports.fleet.get(instance_id)
    except NotFound:
        return False
    if instance.state is not I.STOPPED or is_at_rest(instance):
        return False
    ports.ec2.stop(instance_id)
    return True


def start_instances(pool_id: str, instance_ids: Sequence[str], ports: Ports) -> list[str]:
    """Marks Stopped instances as Launching, one by one, and asks EC2 to start them.

    Does nothing while the pool is halted. Returns the ids of the instances that are starting. The other instances have
    no row, are not stopped yet, or could not be started because EC2 has no capacity for them.
    """
    if ports.pools.read(pool_id).halted is not None:
        return []
    register_by = ports.now() + boot_timeout_s(pool_id, ports)
    coming = one_by_one(instance_ids, lambda each: _start(each, register_by, ports))
    return [each for each, comes in zip(instance_ids, coming, strict=True) if comes]


def _start(instance_id: str, register_by: float, ports: Ports) -> bool:
    now = ports.now()
    try:
        instance = change_instance(instance_id, lambda before: started(before, now, register_by), ports)
    except NotFound:
        return False
    return _is_restarting(instance) and _ask_to_start(instance, ports)


def _is_restarting(instance: Instance) -> bool:
    """Whether the instance is being started from the warm pool (stopped instances that start quickly).

    The agent of such an instance has registered in an earlier boot, but not yet in the present boot.
    """
    return instance.state is I.LAUNCHING and instance.boot_nonce is not None


def _ask_to_start(instance: Instance, ports: Ports) -> bool:
    """Asks EC2 to start the instance. Returns False when EC2 refused.

    After a refusal, the instance is Stopped again and left alone for a cooldown, and a planning pass (run of the
    planner) is requested.
    """
    try:
        ports.ec2.start(instance.instance_id)
    except Conflict:
        return True  # the instance runs already, or is not stopped yet: then the reaper asks again later
    except (CapacityUnavailable, AccountLimitReached) as refusal:
        now = ports.now()
        if isinstance(refusal, AccountLimitReached):
            record_account_limit(instance.pool_id, instance.market, str(refusal), ports)
        change_instance(
            instance.instance_id, lambda before: refused_start(before, now, now + CAPACITY_COOLDOWN_S), ports
        )
        entry = journal.StartRefused(*_named(instance), error=type(refusal).__name__, code=str(refusal))
        ports.journal.append(entry, ports.now())
        request_pass(instance.pool_id, "startRefused", ports)
        return False
    ports.journal.append(journal.InstanceStarted(*_named(instance)), ports.now())
    return True


def reconcile_stopped(member: Member, seen: Ec2Instance | None, ports: Ports) -> bool:
    """Repairs an instance of the warm pool (stopped instances that start quickly). Called by the reaper.

    Returns whether the instance is stopped, or is being started but has not yet started in EC2; then the reaper does
    nothing else to it. `seen`: the instance as EC2 listed it before the rows were read; None: EC2 did not list the
    instance.
    """
    instance = member.instance
    if instance.state is I.STOPPED:
        _reconcile_stop(instance, seen, ports)
        return True
    late = instance.deadline_at is not None and ports.now() > instance.deadline_at
    if not _is_restarting(instance) or late or seen is None:
        return False
    if seen.state is Ec2State.STOPPED:
        _ask_to_start(instance, ports)
    return seen.state in (Ec2State.STOPPED, Ec2State.STOPPING)


def _reconcile_stop(instance: Instance, seen: Ec2Instance | None, ports: Ports) -> None:
    now = ports.now()
    if seen is None:
        return
    if seen.state is Ec2State.STOPPED:
        if not is_at_rest(instance):
            change_instance(instance.instance_id, lambda before: _confirmed(before, now), ports)
            ports.journal.append(journal.InstanceStopped(*_named(instance)), now)
    elif instance.deadline_at is not None and now > instance.deadline_at:
        retire_instances([instance.instance_id], ports)  # EC2 cannot stop the instance, which must not cost more
    elif seen.state in (Ec2State.PENDING, Ec2State.RUNNING):
        if is_at_rest(instance):  # somebody else started the instance, so it must not count as stopped
            with suppress(Conflict):
                change_instance(instance.instance_id, lambda before: replace(before, stopped_at=None), ports)
        ports.ec2.stop(instance.instance_id)


def _confirmed(instance: Instance, now: float) -> Instance:
    if instance.state is not I.STOPPED or is_at_rest(instance):
        return instance
    return replace(instance, stopped_at=now, deadline_at=None)


def _named(instance: Instance) -> tuple[str, str, str, str]:
    """Returns the fields with which every entry about the warm pool in the Journal (an append-only log) begins."""
    return instance.instance_id, instance.pool_id, instance.instance_type, instance.zone
