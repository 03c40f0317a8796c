"""Spot or on-demand: on which market each launch is tried first. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.pool.pool import PoolPolicy
from greenroom.planning.demand import on_demand_part, on_demand_slots
from greenroom.planning.plan import Rejected
from greenroom.planning.snapshot import PoolSnapshot

SPOT, ON_DEMAND = "spot", "on-demand"
LONGEST_ON_SPOT_S = 7200
"""Spot only where sessions are shorter: a longer one is likely to be interrupted. Source: GameLift FleetIQ, best
practices: Spot where sessions last under 2 h."""


@dataclass(frozen=True, slots=True)
class Markets:
    """The market of each launch, on-demand first, and what was not chosen."""

    of_launches: tuple[str, ...]
    rejected: tuple[Rejected, ...]


def choose_markets(snapshot: PoolSnapshot, number: int, started_slots: int) -> Markets:
    """For `number` launches, beside `started_slots` of the warm tier that are being started: those are on-demand.

    Example: 8 slots wanted, spot share 50 percent, 2 on-demand slots there, instances of 2 slots, 3 launches: 4 slots
    must be on-demand, so the first launch is, and the other two go to Spot.
    """
    refusal = _why_no_spot(snapshot)
    if ON_DEMAND not in snapshot.markets:
        if refusal is not None:
            return Markets((), (Rejected(f"launch {number} on Spot", f"{refusal}; the pool allows nothing else"),))
        said = (Rejected("launch on-demand", "the pool's markets exclude it"),) if _part(snapshot.policy) else ()
        return Markets((SPOT,) * number, said)
    if refusal is not None:
        return Markets((ON_DEMAND,) * number, (Rejected("launch on Spot", refusal),))
    missing = max(0, on_demand_part(snapshot) - on_demand_slots(snapshot) - started_slots)
    first = min(number, -(-missing // snapshot.slots_per_instance))
    share = f"{snapshot.policy.spot_share} percent of the slots may be on Spot, {missing} on-demand ones are missing"
    said = (Rejected(f"launch {first} on Spot", share),) if first else ()
    return Markets((ON_DEMAND,) * first + (SPOT,) * (number - first), said)


def _part(policy: PoolPolicy) -> bool:
    """Whether the policy asks for on-demand slots at all."""
    return policy.spot_share < 100


def _why_no_spot(snapshot: PoolSnapshot) -> str | None:
    if SPOT not in snapshot.markets:
        return "the pool's markets exclude it"
    if snapshot.longest_session_s > LONGEST_ON_SPOT_S:
        return f"sessions may last {snapshot.longest_session_s} s, Spot is for those of {LONGEST_ON_SPOT_S} s at most"
    return None
