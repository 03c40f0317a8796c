"""Decides how a pool gives up slots: a lasting surplus in steps, slots of an ended event at once. Pure.

Worked example. scaleInAfter 600 s, step 2, instances of 2 slots. At 0 s a pass (one run of the planner) sees 8 slots
too many and records the time. At 300 s a pass sees only 6 too many, at 600 s it sees 10. During the whole time at least
6 were too many, so three idle instances could be retired; the step allows two. The 600 s begin again, with a surplus of
6.

Instances that are not Ready yet are counted and retired like idle instances, but before them. Three viewers request
sessions at 0 s, two instances of 2 slots are launched, and the viewers leave at 60 s: from then on 4 slots are too
many. When two viewers request sessions at 100 s, one instance is wanted again and continues to boot. The other instance
has been too many since 60 s, and is terminated at 660 s, booted or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from greenroom.domain.instance.instance import InstanceState
from greenroom.planning.demand import supply_of
from greenroom.planning.order import dearest_first
from greenroom.planning.plan import Rejected, Retirement
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """The instances to retire, and what the next pass (run of the planner) must know of the surplus that remains.

    `surplus_since`: since when the pool has too many slots; `surplus_least`: the smallest surplus since then, in slots.
    """

    retirements: tuple[Retirement, ...] = ()
    surplus_since: float | None = None
    surplus_least: int = 0
    rejected: tuple[Rejected, ...] = ()


def shrink(snapshot: PoolSnapshot, surplus: int, kept: Collection[str]) -> Shrinkage:
    """Returns the instances to retire because the pool has too many slots.

    `surplus`: slots that neither the policy nor the warm pool (stopped instances) wants; `kept`: ids of instances that
    will be stopped for the warm pool.
    """
    at_once = tuple(_at_once(snapshot, surplus, kept))
    left = surplus - sum(each.slots for each in at_once)
    gone = {*kept, *(each.instance_id for each in at_once)}
    if not _fits_any(snapshot, left, gone):
        return Shrinkage(at_once)
    since, least = snapshot.now, left
    if snapshot.surplus_since is not None:
        since, least = snapshot.surplus_since, min(snapshot.surplus_least, left)
    if snapshot.now - since < snapshot.policy.scale_in_after_s:
        young = f"the surplus is younger than {snapshot.policy.scale_in_after_s} s"
        return Shrinkage(at_once, since, least, (Rejected(f"retire {left} slots", young),))
    step = tuple(_step(snapshot, least, since, gone))
    left -= sum(each.slots for each in step)
    gone |= {each.instance_id for each in step}
    if not _fits_any(snapshot, left, gone):
        return Shrinkage((*at_once, *step))
    if step or not _fits_any(snapshot, least, gone):
        return Shrinkage((*at_once, *step), snapshot.now, left)
    return Shrinkage(at_once, since, least, (Rejected(f"retire {left} slots", "no instance is idle"),))


def _fits_any(snapshot: PoolSnapshot, surplus: int, gone: Collection[str]) -> bool:
    """Whether any Ready or starting instance has no more slots than the surplus, so that it could be retired.

    `gone`: ids of instances that the plan stops or retires already.
    """
    own = (each for each in snapshot.instances if each.is_serving and each.instance_id not in gone)
    able = (each for each in own if each.state is InstanceState.READY or each.is_coming)
    return any(0 < each.slots <= surplus for each in able)


def _step(snapshot: PoolSnapshot, least: int, since: float, gone: Collection[str]) -> Iterator[Retirement]:
    number = 0
    for each in dearest_first(snapshot, gone, with_coming=True):
        if number == snapshot.policy.scale_in_step:
            return
        if each.slots <= least:
            number, least = number + 1, least - each.slots
            yield Retirement(each.instance_id, each.slots, f"too many since {snapshot.now - since:.0f} s")


def _at_once(snapshot: PoolSnapshot, surplus: int, kept: Collection[str]) -> Iterator[Retirement]:
    """Yields the instances to retire at once, without the usual delay.

    They are those above a lowered maximum, those that still start in a halted pool, and those that an ended event no
    longer needs.
    """
    over = supply_of(snapshot) - snapshot.policy.maximum - _slots_of(snapshot, kept)
    give_back = snapshot.give_back_slots
    for each in dearest_first(snapshot, kept, with_coming=True):
        if each.slots > surplus:
            continue
        if over > 0:
            over -= each.slots
            yield Retirement(each.instance_id, each.slots, "above the maximum")
        elif snapshot.halted is not None and each.is_coming:
            yield Retirement(each.instance_id, each.slots, "the pool is halted, and it is not wanted")
        elif each.slots <= give_back:
            give_back -= each.slots
            yield Retirement(each.instance_id, each.slots, "given back after an event", is_given_back=True)
        else:
            continue
        surplus -= each.slots


def _slots_of(snapshot: PoolSnapshot, ids: Collection[str]) -> int:
    own: Iterator[InstanceLoad] = (each for each in snapshot.instances if each.instance_id in ids)
    return sum(each.slots for each in own)
