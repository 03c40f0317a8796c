"""Chooses for each launch the market on which EC2 is asked first: Spot or on-demand. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.pool.pool import PoolPolicy
from greenroom.planning.demand import on_demand_part, on_demand_slots
from greenroom.planning.plan import Rejected
from greenroom.planning.snapshot import PoolSnapshot

SPOT, ON_DEMAND = "spot", "on-demand"
LONGEST_ON_SPOT_S = 7200
"""Spot is used only where no session may last longer than this, because a longer session is likely to be interrupted.
Source: GameLift FleetIQ, best practices: Spot where sessions last under 2 h.
"""


@dataclass(frozen=True, slots=True)
class Markets:
    """The markets (Spot or on-demand) of the planned launches, and the alternatives that were rejected.

    The on-demand launches are first.
    """

    of_launches: tuple[str, ...]
    rejected: tuple[Rejected, ...]


def choose_markets(snapshot: PoolSnapshot, number: int, started_slots: int) -> Markets:
    """Returns the markets (Spot or on-demand) for `number` launches.

    `started_slots`: on-demand slots that are being started from the warm pool (stopped instances).
    Example: 8 slots wanted, spot share 50 percent, 2 on-demand slots exist, instances of 2 slots, 3 launches. 4 slots
    must be on-demand, so the first launch is on-demand, and the other two are on Spot.
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
    """Whether the policy demands any on-demand slots."""
    return policy.spot_share < 100


def _why_no_spot(snapshot: PoolSnapshot) -> str | None:
    if SPOT not in snapshot.markets:
        return "the pool's markets exclude it"
    if snapshot.longest_session_s > LONGEST_ON_SPOT_S:
        return f"sessions may last {snapshot.longest_session_s} s, more than {LONGEST_ON_SPOT_S} s, the limit for Spot"
    return None
