"""Pools to plan for, in one line each."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import PoolPolicy
from greenroom.planning.plan import Plan
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot

NOW = 1_800_000_000.0
READY, BOOTING, DRAINING = InstanceState.READY, InstanceState.BOOTING, InstanceState.DRAINING
STOPPED, LAUNCHING = InstanceState.STOPPED, InstanceState.LAUNCHING


def load(name: str, *, busy: int = 0, slots: int = 2, state: InstanceState = READY, **facts: object) -> InstanceLoad:
    """A Spot instance; what nobody plays on is free when it is Ready."""
    free = slots - busy if state is READY and "free" not in facts else 0
    whole = {"market": "spot", "launched_at": 0.0, "free": free, "zone": "a", **facts}
    return InstanceLoad(name, state, slots, busy=busy, **whole)  # type: ignore[arg-type]


def stopped(name: str, **facts: object) -> InstanceLoad:
    """One of the warm pool that EC2 has stopped."""
    return load(name, state=STOPPED, **{"market": "on-demand", "stopped_at": NOW - 100, **facts})  # type: ignore[arg-type]


def pool(
    instances: Sequence[InstanceLoad] = (), policy: tuple[int, int, int] = (0, 0, 100), **facts: object
) -> PoolSnapshot:
    """`policy`: alwaysOn, targetIdle, maximum; further fields of the policy by name among `facts`."""
    own = {name: facts.pop(name) for name in list(facts) if name in PoolPolicy.__dataclass_fields__}
    whole = {"slots_per_instance": 2, "open_launch_slots": 0, "queued": 0, "event_slots": 0, "now": NOW, **facts}
    return PoolSnapshot(policy=PoolPolicy(*policy, **own), instances=tuple(instances), **whole)  # type: ignore[arg-type]


def retired(plan: Plan) -> list[str]:
    return [each.instance_id for each in plan.retirements]


def stops(plan: Plan) -> list[str]:
    return [each.instance_id for each in plan.stops]


def starts(plan: Plan) -> list[str]:
    return [each.instance_id for each in plan.starts]


def markets(plan: Plan) -> list[str]:
    return [each.market for each in plan.launches]
