"""The warm pool: stopped on-demand instances that start in a minute or two and cost only their disks. Pure.

Worked example. warmInstances 2, instances of 2 slots, 4 slots wanted, one instance is stopped already: one is missing.
Three on-demand instances are Ready and idle: 6 slots, a surplus of 2. One of the three is stopped, at once. With only
two Ready there is no surplus, so an on-demand instance is launched beyond the wanted slots. While it boots, its slots
are the surplus, set aside for the warm pool; once it is Ready, there are three Ready instances and one is stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from greenroom.domain.instance.instance import InstanceState
from greenroom.planning.demand import ready_slots, wanted_slots
from greenroom.planning.growth import COOLING_DOWN, LAUNCHES_PER_PASS, Growth, halted_because
from greenroom.planning.markets import ON_DEMAND
from greenroom.planning.order import dearest_first
from greenroom.planning.plan import PlannedLaunch, PlannedStop, Rejected, Retirement
from greenroom.planning.snapshot import COMING, InstanceLoad, PoolSnapshot


@dataclass(frozen=True, slots=True)
class WarmPool:
    """What to stop, launch and retire so that the warm pool (stopped instances) gets its size.

    `bound`: ids of running instances that will be stopped for the warm pool; `bound_slots`: the slots of those
    instances, and of open launches for the warm pool.
    """

    stops: tuple[PlannedStop, ...] = ()
    launches: tuple[PlannedLaunch, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    bound: frozenset[str] = frozenset()
    bound_slots: int = 0


def tend_warm_pool(snapshot: PoolSnapshot, surplus: int, growth: Growth) -> WarmPool:
    """Returns what to stop, launch or retire so that the warm pool (stopped instances) has its size.

    `surplus`: slots beyond the wanted slots; `growth`: what this plan starts and launches for the pool. The instances
    that `growth` starts leave the warm pool.
    """
    size = warm_pool_size(snapshot)
    started = {each.instance_id for each in growth.starts}
    own = (each for each in snapshot.instances if not each.is_of_another)
    stopped = [each for each in own if each.state is InstanceState.STOPPED]
    left = [each for each in stopped if each.instance_id not in started]
    if len(left) >= size:
        return WarmPool(retirements=tuple(_too_many(left, len(left) - size)))
    return _filled(snapshot, surplus, size - len(left), growth)


def warm_pool_size(snapshot: PoolSnapshot) -> int:
    """Returns how many stopped instances to keep: the policy's number, but not more than the pool's maximum allows.

    The maximum is a number of slots.
    """
    return min(snapshot.policy.warm_instances, snapshot.policy.maximum // snapshot.slots_per_instance)


def _too_many(stopped: list[InstanceLoad], number: int) -> Iterable[Retirement]:
    """Retires `number` stopped instances, because the warm pool (stopped instances) is larger than wanted.

    Instances that EC2 could not start are first, then the youngest.
    """
    order = sorted(stopped, key=lambda each: (each.rests_until is None, -each.launched_at, each.instance_id))
    return (Retirement(each.instance_id, 0, "more are stopped than the warm pool holds") for each in order[:number])


def _filled(snapshot: PoolSnapshot, surplus: int, missing: int, growth: Growth) -> WarmPool:
    ready_surplus = ready_slots(snapshot.instances) - wanted_slots(snapshot)
    stops: list[PlannedStop] = []
    bound: list[str] = []
    bound_slots = 0
    for each in _candidates(snapshot):
        if len(bound) == missing or each.slots > surplus - bound_slots:
            continue
        bound.append(each.instance_id)
        bound_slots += each.slots
        if each.is_idle and each.slots <= ready_surplus:  # else its replacement has not booted yet
            ready_surplus -= each.slots
            stops.append(PlannedStop(each.instance_id, each.slots, f"the warm pool lacks {missing}, it is not needed"))
    coming = min(missing - len(bound), _open_launches(snapshot), (surplus - bound_slots) // snapshot.slots_per_instance)
    coming = max(0, coming)
    launches, refused = _launches(snapshot, missing - len(bound) - coming, growth)
    return WarmPool(
        stops=tuple(stops),
        launches=launches,
        rejected=refused,
        bound=frozenset(bound),
        bound_slots=bound_slots + coming * snapshot.slots_per_instance,
    )


def _candidates(snapshot: PoolSnapshot) -> list[InstanceLoad]:
    """Returns on-demand instances without sessions that may be stopped for the warm pool (stopped instances).

    Idle instances are first, then those with a slot that is resetting, then those that are still booting.
    """
    idle = [each for each in dearest_first(snapshot) if each.market == ON_DEMAND]
    serving = (each for each in snapshot.instances if each.is_serving)
    own = [each for each in serving if each.market == ON_DEMAND and each.busy == 0 and not each.is_worn]
    resetting = [each for each in own if each.state is InstanceState.READY and not each.is_idle]
    return [*idle, *resetting, *(each for each in own if each.state in COMING)]


def _open_launches(snapshot: PoolSnapshot) -> int:
    return snapshot.open_on_demand_slots // snapshot.slots_per_instance


def _launches(
    snapshot: PoolSnapshot, number: int, growth: Growth
) -> tuple[tuple[PlannedLaunch, ...], tuple[Rejected, ...]]:
    """Returns the on-demand launches that fill the warm pool (stopped instances that start quickly).

    They are in addition to the launches for the slots that the pool needs now. Nothing is launched for the warm pool
    while such slots are lacking, or while launches are paused. Also returns the launches that were rejected, with
    reasons.
    """
    each = snapshot.slots_per_instance
    if number <= 0:
        return (), ()
    what = f"launch {number} for the warm pool"
    room = max(0, snapshot.policy.maximum - snapshot.paid_slots) // each
    if (refusal := _why_none(snapshot, growth, room)) is not None:
        return (), (Rejected(what, refusal),)
    launched = min(number, room, LAUNCHES_PER_PASS)
    reason = f"the warm pool lacks {number} beyond what is on its way"
    return (PlannedLaunch(each, ON_DEMAND, reason, for_warm_tier=True),) * launched, ()


def _why_none(snapshot: PoolSnapshot, growth: Growth, room: int) -> str | None:
    if snapshot.halted is not None:
        return halted_because(snapshot)
    if ON_DEMAND not in snapshot.markets:
        return "the pool's markets exclude on-demand, and Spot instances cannot wait stopped"
    if snapshot.now < snapshot.launch_rests_until:
        return COOLING_DOWN
    if snapshot.now < snapshot.warm_pool_cooldown_until:
        return "the last launch for the warm pool failed a moment ago"
    if growth != Growth():
        return "the pool itself lacks slots"
    return "the maximum of the pool" if room < 1 else None
