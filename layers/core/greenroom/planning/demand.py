"""How many slots a pool wants, and how many it has or gets. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from greenroom.domain.instance.instance import InstanceState
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot


def wanted_slots(snapshot: PoolSnapshot) -> int:
    """Used, waiting, left of reservations, and the idle buffer on top; between floor and ceiling.

    A reservation is consumed: each session that starts takes one slot of it and is counted as used instead.
    """
    policy = snapshot.policy
    used = sum(each.busy for each in snapshot.instances if each.is_serving)
    queued = snapshot.queued - min(snapshot.held_back, snapshot.event_slots)  # the event's slots are held for these
    demand = used + queued + snapshot.event_slots + policy.target_idle
    return min(max(policy.always_on, demand), policy.maximum)


def supply_of(snapshot: PoolSnapshot) -> int:
    """Slots that serve or will: those of Ready, booting and launching instances, and of open launches."""
    return sum(each.slots for each in snapshot.instances if each.is_serving) + snapshot.open_launch_slots


def ready_slots(instances: Iterable[InstanceLoad]) -> int:
    """Slots of instances that have booted: what a viewer may count on today."""
    return sum(each.slots for each in instances if each.state is InstanceState.READY and each.is_serving)


def on_demand_slots(snapshot: PoolSnapshot) -> int:
    """The part of the supply that no Spot interruption can take."""
    own = (each.slots for each in snapshot.instances if each.is_serving and each.market == "on-demand")
    return sum(own) + snapshot.open_on_demand_slots


def on_demand_part(snapshot: PoolSnapshot) -> int:
    """How many of the wanted slots must not be on Spot. Example: 10 wanted, spot share 75 percent -> 3."""
    return -(-wanted_slots(snapshot) * (100 - snapshot.policy.spot_share) // 100)
