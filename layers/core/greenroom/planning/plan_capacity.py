"""Decides how many instances a pool needs now: takes a snapshot of the pool, returns a plan with reasons. Pure.

Worked example. Policy, in slots: alwaysOn 2, targetIdle 2, maximum 16; all on Spot; two slots per instance. Two
instances are Ready, 3 of their 4 slots are in use, one viewer waits in line, one launch (2 slots) is open, the
reservation of an event has 4 slots left, one instance is stopped.

    demand  = used 3 + queued 1 + reserved 4 + targetIdle 2     = 10
    wanted  = min(max(alwaysOn 2, demand 10), maximum 16)       = 10
    supply  = ready 4 + coming 2                                = 6
    lacking = 10 - 6 = 4 slots -> 1 start (2 slots), then 1 launch (2 slots); there is room for 16 - 6 = 10 slots

When a viewer of the event starts a session, 4 slots are in use and 3 reserved. The demand is the same as before, so the
reservation is not refilled.

Shrinking. Later nobody plays in the same pool, there is no event and no line, and four instances are Ready. demand = 2,
wanted = 2, supply = 8: a surplus of 6. The first pass (run of the planner) that sees the surplus records the time. Two
minutes later, the slots that were too many during the whole time may be retired, ten instances at most, and the two
minutes begin again. Some instances are retired without this delay: those above a maximum that was lowered, those that
an ended event no longer needs, and on-demand instances that are to be stopped to fill the warm pool.

An instance that is launching or booting costs as much as any other and is retired by the same rules, before the Ready
instances (planning/shrinkage.py has an example). An instance that would run an application or a build that the pool has
replaced is retired at once, and the same plan replaces it, because no viewer asks for that application or build any
more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from greenroom.domain.instance.instance import InstanceState
from greenroom.planning.demand import supply_of, wanted_slots
from greenroom.planning.growth import grow
from greenroom.planning.plan import Plan, Retirement
from greenroom.planning.shrinkage import shrink
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot
from greenroom.planning.warm_pool import tend_warm_pool

__all__ = ["InstanceLoad", "Plan", "PoolSnapshot", "plan_capacity", "supply_of", "wanted_slots"]


def plan_capacity(snapshot: PoolSnapshot) -> Plan:
    """Plans the pool: retires spent instances, adds lacking slots, fills the warm pool, then removes a surplus.

    Spent are: draining instances without sessions, instances that lost slots and have no sessions, and instances that
    would run a replaced application or build. The warm pool is a number of stopped instances, which start quickly.
    """
    leaving = tuple(_spent(snapshot.instances))
    snapshot = replace(snapshot, instances=tuple(_without_spent(snapshot.instances)))
    wanted, supply = wanted_slots(snapshot), supply_of(snapshot)
    growth = grow(snapshot, wanted - supply)
    warm = tend_warm_pool(snapshot, supply - wanted, growth)
    less = shrink(snapshot, supply - wanted - warm.bound_slots, warm.bound)
    return Plan(
        wanted=wanted,
        supply=supply,
        launches=(*growth.launches, *warm.launches),
        starts=growth.starts,
        stops=warm.stops,
        retirements=(*leaving, *warm.retirements, *less.retirements),
        rejected=(*growth.rejected, *warm.rejected, *less.rejected),
        surplus_since=less.surplus_since,
        surplus_least=less.surplus_least,
        waits=wanted > supply and snapshot.halted is None,
    )


def _spent(instances: Sequence[InstanceLoad]) -> Iterator[Retirement]:
    for each in instances:
        if each.is_of_another and each.state is InstanceState.STOPPED:
            yield Retirement(each.instance_id, 0, "it runs the application that the pool served before")
        elif each.state is InstanceState.DRAINING and each.busy == 0:
            yield Retirement(each.instance_id, 0, "drained, and no session is left on it")
        elif each.is_worn:
            yield Retirement(each.instance_id, each.slots, f"{each.retired} of {each.slot_count} slots are lost")
        elif _comes_in_vain(each):
            yield Retirement(each.instance_id, each.slots, "it would run what the pool has replaced")


def _comes_in_vain(each: InstanceLoad) -> bool:
    return each.is_coming and each.is_outdated


def _without_spent(instances: Sequence[InstanceLoad]) -> Iterator[InstanceLoad]:
    """Yields the instances. Running and starting instances that the plan retires are marked as Draining.

    Until they are terminated, they cost money, but they are no supply of slots.
    """
    for each in instances:
        yield replace(each, state=InstanceState.DRAINING) if each.is_worn or _comes_in_vain(each) else each
