"""Decides in which order a pool that has too many instances retires or stops them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from greenroom.domain.pool.pool import Placement
from greenroom.planning.demand import on_demand_part, on_demand_slots
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot


def dearest_first(
    snapshot: PoolSnapshot, kept: Collection[str] = (), *, with_coming: bool = False
) -> Iterator[InstanceLoad]:
    """Yields the pool's idle instances in the order in which to retire or stop them.

    `kept`: ids of instances to leave out. `with_coming`: list instances that are not Ready yet as well, before the idle
    instances, because no viewer would miss them. The rest of the order: on-demand before Spot. Then, with placement
    Distributed, the zone with the most instances first, so that losing a zone later affects the fewest viewers. Then
    the youngest first, because instances that ran for long have proven themselves. On-demand instances that the
    policy's spot share requires are last of all.
    """
    able = [each for each in snapshot.instances if each.is_idle or (with_coming and each.is_coming)]
    waiting = [each for each in able if each.instance_id not in kept]
    zones = Counter(each.zone for each in snapshot.instances if each.is_serving)
    spare = on_demand_slots(snapshot) - on_demand_part(snapshot)
    spread = snapshot.policy.placement is Placement.DISTRIBUTED

    def preference(each: InstanceLoad) -> tuple[bool, bool, bool, int, float, str]:
        on_demand, crowd = each.market == "on-demand", -zones[each.zone] if spread else 0
        is_asked_for = on_demand and each.slots > spare
        return is_asked_for, each.is_idle, not on_demand, crowd, -each.launched_at, each.instance_id

    while waiting:
        one = min(waiting, key=preference)
        waiting.remove(one)
        zones[one.zone] -= 1
        spare -= one.slots if one.market == "on-demand" else 0
        yield one
