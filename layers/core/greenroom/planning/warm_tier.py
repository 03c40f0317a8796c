"""The warm tier: stopped on-demand instances, started in a minute or two, of which only the disk is paid. Pure.

Worked example. warmInstances 2, instances of 2 slots, 4 slots wanted, one instance stopped already: one is missing.
Three on-demand instances are Ready and idle: 6 slots, a surplus of 2. One of them is stopped, at once. With only two
Ready there is no surplus: an on-demand instance is launched beyond what is wanted. While it boots it is the surplus,
and on its way to the tier; once it is ready, the example above applies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from greenroom.domain.instance.instance import InstanceState
from greenroom.planning.demand import ready_slots, wanted_slots
from greenroom.planning.growth import LAUNCHES_PER_PASS, RESTING, Growth, halted_because
from greenroom.planning.markets import ON_DEMAND
from greenroom.planning.order import dearest_first
from greenroom.planning.plan import PlannedLaunch, PlannedStop, Rejected, Retirement
from greenroom.planning.snapshot import COMING, InstanceLoad, PoolSnapshot


@dataclass(frozen=True, slots=True)
class Tier:
    """What keeps the tier at its size. `bound` and `bound_slots`: running instances that are going to be stopped."""

    stops: tuple[PlannedStop, ...] = ()
    launches: tuple[PlannedLaunch, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    bound: frozenset[str] = frozenset()
    bound_slots: int = 0


def tend_tier(snapshot: PoolSnapshot, surplus: int, growth: Growth) -> Tier:
    """`surplus`: slots beyond what is wanted; `growth`: what is being started leaves the tier."""
    size = tier_size(snapshot)
    started = {each.instance_id for each in growth.starts}
    own = (each for each in snapshot.instances if not each.is_of_another)
    stopped = [each for each in own if each.state is InstanceState.STOPPED]
    left = [each for each in stopped if each.instance_id not in started]
    if len(left) >= size:
        return Tier(retirements=tuple(_too_many(left, len(left) - size)))
    return _filled(snapshot, surplus, size - len(left), growth)


def tier_size(snapshot: PoolSnapshot) -> int:
    """As many as the policy says, but no more than could ever run under the maximum."""
    return min(snapshot.policy.warm_instances, snapshot.policy.maximum // snapshot.slots_per_instance)


def _too_many(stopped: list[InstanceLoad], number: int) -> Iterable[Retirement]:
    """Those that EC2 could not start first, then the youngest."""
    order = sorted(stopped, key=lambda each: (each.rests_until is None, -each.launched_at, each.instance_id))
    return (Retirement(each.instance_id, 0, "more are stopped than the warm tier holds") for each in order[:number])


def _filled(snapshot: PoolSnapshot, surplus: int, missing: int, growth: Growth) -> Tier:
    ready_surplus = ready_slots(snapshot.instances) - wanted_slots(snapshot)
    stops: list[PlannedStop] = []
    bound: list[str] = []
    bound_slots = 0
    for each in _candidates(snapshot):
        if len(bound) == missing or each.slots > surplus - bound_slots:
            continue
        bound.append(each.instance_id)
        bound_slots += each.slots
        if each.is_idle and each.slots <= ready_surplus:  # else what replaces it has not booted yet
            ready_surplus -= each.slots
            stops.append(PlannedStop(each.instance_id, each.slots, f"the warm tier lacks {missing}, nobody needs it"))
    coming = min(missing - len(bound), _open_launches(snapshot), (surplus - bound_slots) // snapshot.slots_per_instance)
    coming = max(0, coming)
    launches, refused = _launches(snapshot, missing - len(bound) - coming, growth)
    return Tier(
        stops=tuple(stops),
        launches=launches,
        rejected=refused,
        bound=frozenset(bound),
        bound_slots=bound_slots + coming * snapshot.slots_per_instance,
    )


def _candidates(snapshot: PoolSnapshot) -> list[InstanceLoad]:
    """On-demand ones that nobody plays on: the idle first, then those that get ready."""
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
    """On-demand instances beyond what is wanted, while nothing more urgent needs the room."""
    each = snapshot.slots_per_instance
    if number <= 0:
        return (), ()
    what = f"launch {number} for the warm tier"
    room = max(0, snapshot.policy.maximum - snapshot.paid_slots) // each
    if (refusal := _why_none(snapshot, growth, room)) is not None:
        return (), (Rejected(what, refusal),)
    launched = min(number, room, LAUNCHES_PER_PASS)
    reason = f"the warm tier lacks {number} beyond what is on its way"
    return (PlannedLaunch(each, ON_DEMAND, reason, for_warm_tier=True),) * launched, ()


def _why_none(snapshot: PoolSnapshot, growth: Growth, room: int) -> str | None:
    if snapshot.halted is not None:
        return halted_because(snapshot)
    if ON_DEMAND not in snapshot.markets:
        return "the pool's markets exclude on-demand, and Spot instances cannot wait stopped"
    if snapshot.now < snapshot.launch_rests_until:
        return RESTING
    if snapshot.now < snapshot.tier_rests_until:
        return "the last launch for the warm tier failed a moment ago"
    if growth != Growth():
        return "the pool itself lacks slots"
    return "the maximum of the pool" if room < 1 else None
