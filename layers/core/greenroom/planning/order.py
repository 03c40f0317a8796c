"""Which idle instance goes first when a pool has too many. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from greenroom.domain.pool import Placement
from greenroom.planning.demand import on_demand_part, on_demand_slots
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot


def dearest_first(snapshot: PoolSnapshot, kept: Collection[str] = ()) -> Iterator[InstanceLoad]:
    """The idle ones: on-demand before Spot, then the youngest: what ran longest has proven itself.

    On-demand instances that the spot share asks for go last. Distributed: out of the zone that has the most, before age
    counts, so that the loss of a zone keeps hurting fewest. `kept` are left out.
    """
    waiting = [each for each in snapshot.instances if each.is_idle and each.instance_id not in kept]
    zones = Counter(each.zone for each in snapshot.instances if each.is_serving)
    spare = on_demand_slots(snapshot) - on_demand_part(snapshot)
    spread = snapshot.policy.placement is Placement.DISTRIBUTED

    def rank(each: InstanceLoad) -> tuple[int, int, float, str]:
        dear = 1 if each.market != "on-demand" else 0 if each.slots <= spare else 2
        return dear, -zones[each.zone] if spread else 0, -each.launched_at, each.instance_id

    while waiting:
        one = min(waiting, key=rank)
        waiting.remove(one)
        zones[one.zone] -= 1
        spare -= one.slots if one.market == "on-demand" else 0
        yield one
