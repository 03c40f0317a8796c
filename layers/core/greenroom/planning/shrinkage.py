"""How a pool gives up slots: a lasting surplus in steps, what an ended event gives back at once. Pure.

Worked example. scaleInAfter 600 s, step 2, instances of 2 slots. At 0 s a pass sees 8 slots too many and starts the
clock. At 300 s a pass sees only 6 too many, at 600 s it sees 10. During the whole time at least 6 were too many, so
three idle instances could go; the step allows two. The clock starts again, with 6.

Instances that are not Ready yet count and go like idle ones, and before them. Three viewers come at 0 s, two instances
of 2 slots are launched, and the viewers leave at 60 s: from then on 4 slots are too many. When two viewers come back at
100 s, one instance is wanted again and goes on booting. The other has been too many since 60 s, and is ended at 660 s,
booted or not. An instance goes without waiting for the clock in three cases: the maximum was lowered, the pool is
halted (by an operator, or after three failed boots) and the instance is not Ready yet, or an ended event gives it back.
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
    """The instances to retire, and the scale-in clock from now on."""

    retirements: tuple[Retirement, ...] = ()
    surplus_since: float | None = None
    surplus_least: int = 0
    rejected: tuple[Rejected, ...] = ()


def shrink(snapshot: PoolSnapshot, surplus: int, kept: Collection[str]) -> Shrinkage:
    """The instances to retire of a surplus.

    `surplus`: slots that neither the policy nor the warm pool wants; `kept`: ids of instances on their way to the warm
    pool.
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
    """Whether any instance that is Ready or coming is small enough to go without taking more than the surplus."""
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
    """The instances that go without waiting for the clock.

    These are slots above a lowered maximum, what still comes to a halted pool, and what an ended event gives back.
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
