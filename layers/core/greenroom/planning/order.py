"""Which idle instance goes first when a pool has too many. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from greenroom.domain.pool.pool import Placement
from greenroom.planning.demand import on_demand_part, on_demand_slots
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot


def dearest_first(
    snapshot: PoolSnapshot, kept: Collection[str] = (), *, with_coming: bool = False
) -> Iterator[InstanceLoad]:
    """The idle ones: on-demand before Spot, then the youngest: what ran longest has proven itself.

    `with_coming`: before them, those that are not ready yet; nobody would miss these.
    On-demand instances that the spot share asks for go last. Distributed: out of the zone that has the most, before age
    counts, so that the loss of a zone keeps hurting fewest. `kept` are left out.
    """
    able = [each for each in snapshot.instances if each.is_idle or (with_coming and each.is_coming)]
    waiting = [each for each in able if each.instance_id not in kept]
    zones = Counter(each.zone for each in snapshot.instances if each.is_serving)
    spare = on_demand_slots(snapshot) - on_demand_part(snapshot)
    spread = snapshot.policy.placement is Placement.DISTRIBUTED

    def rank(each: InstanceLoad) -> tuple[bool, bool, bool, int, float, str]:
        on_demand, crowd = each.market == "on-demand", -zones[each.zone] if spread else 0
        is_asked_for = on_demand and each.slots > spare
        return is_asked_for, each.is_idle, not on_demand, crowd, -each.launched_at, each.instance_id

    while waiting:
        one = min(waiting, key=rank)
        waiting.remove(one)
        zones[one.zone] -= 1
        spare -= one.slots if one.market == "on-demand" else 0
        yield one
