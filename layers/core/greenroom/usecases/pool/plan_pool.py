"""Runs one planning pass of a pool: reads the pool, decides how many instances it needs, and commits the plan.

A planning pass is one run of the planner. To commit a plan is to store its launches, unless another pass was faster.
The caller of this module then launches, starts, stops and terminates the instances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.anew import anew
from greenroom.domain.errors import Conflict, IllegalTransition, NotFound, SlotLost
from greenroom.domain.instance.instance import STOP_TIMEOUT_S, InstanceState, changed
from greenroom.domain.instance.launch import NOT_WANTED, START_TIMEOUT_S, Launch, LaunchState, failed
from greenroom.planning.plan_capacity import plan_capacity
from greenroom.usecases.change_rows import change_launch
from greenroom.usecases.pool.drain_others import drain_others
from greenroom.usecases.pool.read_snapshot import read_snapshot
from greenroom.usecases.pool.record_decision import Done, record_decision

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.planning.plan import Plan, PlannedLaunch
    from greenroom.ports.instance import HasFleet, HasLaunches, Member
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.world import Clock, Ids
    from greenroom.usecases.pool.read_snapshot import PoolReading

    class Ports(Clock, HasCatalog, HasFleet, HasJournal, HasLaunches, HasLine, HasPools, Ids, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


PASSES = 3
"""How often one call of `plan_pool` reads and plans at most, while other planning passes commit their plans first."""
SCALED_IN, WARM_POOL = "scaledIn", "warmTier"
"""Status reasons of instances that a planning pass (run of the planner) drained or stopped.

`scaledIn`: drained, because there were too many instances. `warmTier`: stopped, to wait in the warm pool.
"""


@dataclass(frozen=True, slots=True)
class PlannedPool:
    """What the caller of `plan_pool` must do: run launches, and terminate, start and stop instances.

    Launches and instances are given by their ids.
    `launch_ids`: includes launches that an earlier planning pass has committed, but that nobody has run.
    """

    launch_ids: tuple[str, ...]
    retired_ids: tuple[str, ...]
    start_ids: tuple[str, ...] = ()
    stop_ids: tuple[str, ...] = ()


def plan_pool(pool_id: str, ports: Ports) -> PlannedPool:
    """Plans how many instances the pool needs, commits the plan, and returns what the caller must do for it.

    To commit a plan is to store its launches (intents to start an instance), unless another planning pass was faster.
    Raises: NotFound; Conflict (other planning passes were faster three times; the reaper, the repair that runs every 10
    s, has the pool planned again).
    """
    return anew(lambda: _decide(pool_id, ports), lost=Conflict, at_last=Conflict("pool", pool_id), attempts=PASSES)()


def _decide(pool_id: str, ports: Ports) -> Callable[[], Callable[[], PlannedPool]]:
    """Reads the pool and decides on a plan. Returns a function that commits the plan.

    That function returns a second function, which carries the plan out.
    """
    # Done before anything is read: a change that this pass does not see will request another planning pass.
    ports.pools.clear_pending(pool_id)
    reading = read_snapshot(pool_id, ports)
    if drain_others(reading, ports):
        reading = read_snapshot(pool_id, ports)
    plan = plan_capacity(reading.snapshot)
    intents = tuple(_intent(each, reading, ports) for each in plan.launches)

    def commit() -> Callable[[], PlannedPool]:
        if intents or plan.starts:  # of two planning passes, one must not launch and the other start for the same need
            ports.pools.commit_launches(pool_id, reading.rows.version, intents)
        return lambda: _follow(plan, intents, reading, ports)

    return commit


def _intent(planned: PlannedLaunch, reading: PoolReading, ports: Ports) -> Launch:
    return Launch(
        pool_id=reading.pool.pool_id,
        launch_id=ports.new_id("lch"),
        application_id=reading.application.application_id,
        slots=planned.slots,
        state=LaunchState.INTENDED,
        deadline_at=ports.now() + START_TIMEOUT_S,
        reason=planned.reason,
        market=planned.market,
        for_warm_tier=planned.for_warm_tier,
    )


def _follow(plan: Plan, intents: tuple[Launch, ...], reading: PoolReading, ports: Ports) -> PlannedPool:
    """Drains and stops instances as the committed plan demands, and records the decision.

    Returns what the caller must do. Also stores since when the pool has had too many slots (the scale-in clock, which
    delays terminations).
    """
    pool_id, rows = reading.pool.pool_id, reading.rows
    by_id = {each.instance.instance_id: each for each in reading.members}
    stopped = tuple(each.instance_id for each in plan.stops if _stop(by_id[each.instance_id], ports))
    retired = [each for each in plan.retirements if _drain(by_id[each.instance_id], ports)]
    if (plan.surplus_since, plan.surplus_least) != (rows.surplus_since, rows.surplus_least):
        ports.pools.record_surplus(pool_id, plan.surplus_since, plan.surplus_least)
    if given := sum(each.slots for each in retired if each.is_given_back):
        ports.pools.record_given_back(pool_id, given)
    planned = PlannedPool(
        launch_ids=(*(each.launch_id for each in intents), *_unstarted(rows.launches)),
        retired_ids=tuple(each.instance_id for each in retired),
        start_ids=tuple(each.instance_id for each in plan.starts),
        stop_ids=stopped,
    )
    if plan.changes_anything or plan.rejected:
        new_ids = tuple(each.launch_id for each in intents)
        done = Done(new_ids, planned.start_ids, stopped, planned.retired_ids)
        record_decision(pool_id, reading.snapshot, plan, done, ports)
    return planned


def _unstarted(launches: Sequence[Launch]) -> list[str]:
    """Returns the ids of launches that an earlier planning pass committed, but whose state machines never started.

    The earlier pass (run of the planner) died in between.
    """
    return [each.launch_id for each in launches if each.state is LaunchState.INTENDED]


def _stop(member: Member, ports: Ports) -> bool:
    """Marks an unused instance as Stopped.

    Returns False, with nothing changed, if one of its slots was claimed since `member` was read.
    """
    bounded = replace(member.instance, deadline_at=ports.now() + STOP_TIMEOUT_S)
    return _took(lambda: ports.fleet.stop_idle(bounded, member.slots, ports.now(), WARM_POOL))


def _drain(member: Member, ports: Ports) -> bool:
    """Takes an instance out of service, so that it may be terminated.

    Returns False if one of its slots was claimed or became free since `member` was read.
    """
    instance, now = member.instance, ports.now()
    if instance.state in (InstanceState.DRAINING, InstanceState.STOPPED):
        return True
    if instance.state is InstanceState.LAUNCHING:
        return _withdraw(instance, ports)
    if instance.state is InstanceState.BOOTING:
        return _took(lambda: ports.fleet.drain(instance, member.slots, now, SCALED_IN))
    return _took(lambda: ports.fleet.drain_idle(instance, member.slots, now, SCALED_IN))


def _withdraw(instance: Instance, ports: Ports) -> bool:
    """Marks a Launching instance as Terminating, and closes its launch without counting the launch as failed.

    Returns False if the instance's agent has registered in the meantime.
    """
    try:
        ports.fleet.save(changed(instance, InstanceState.TERMINATING, SCALED_IN))
    except Conflict:
        return False
    with suppress(NotFound, IllegalTransition):  # the launch of an instance from the warm pool was closed long ago
        change_launch(instance.pool_id, instance.launch_id, lambda it: failed(it, NOT_WANTED, ports.now()), ports)
    return True


def _took(take: Callable[[], Instance]) -> bool:
    try:
        take()
    except SlotLost:
        return False
    return True
