"""Computes how many slots a pool wants (demand), and how many it has or will soon have (supply). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from greenroom.domain.instance.instance import InstanceState
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot


def wanted_slots(snapshot: PoolSnapshot) -> int:
    """Returns how many slots the pool wants: for sessions, the line, events, and a buffer of free slots.

    The result is at least the policy's `always_on` and at most its `maximum`. Sessions use up the slots that are
    reserved for an event: each session that starts takes one reserved slot, which from then on counts as in use.
    """
    policy = snapshot.policy
    used = sum(each.busy for each in snapshot.instances if each.is_serving)
    queued = snapshot.queued - min(snapshot.held_back, snapshot.event_slots)  # sessions held back get reserved slots
    demand = used + queued + snapshot.event_slots + policy.target_idle
    return min(max(policy.always_on, demand), policy.maximum)


def supply_of(snapshot: PoolSnapshot) -> int:
    """Returns how many slots serve sessions now or soon.

    These are the slots of Ready, booting and launching instances, and the slots of open launches (launches without an
    instance yet).
    """
    return sum(each.slots for each in snapshot.instances if each.is_serving) + snapshot.open_launch_slots


def ready_slots(instances: Iterable[InstanceLoad]) -> int:
    """Returns how many slots the Ready instances have, whether the slots are in use or free."""
    return sum(each.slots for each in instances if each.state is InstanceState.READY and each.is_serving)


def on_demand_slots(snapshot: PoolSnapshot) -> int:
    """Returns how many slots of the supply are on-demand, so that no Spot interruption can take them away.

    The supply is what serves sessions now or soon: running and starting instances, and open launches.
    """
    own = (each.slots for each in snapshot.instances if each.is_serving and each.market == "on-demand")
    return sum(own) + snapshot.open_on_demand_slots


def on_demand_part(snapshot: PoolSnapshot) -> int:
    """Returns how many of the wanted slots must not be on Spot, according to the policy's spot share.

    Example: 10 slots wanted, spot share 75 percent -> 3 slots.
    """
    return -(-wanted_slots(snapshot) * (100 - snapshot.policy.spot_share) // 100)
