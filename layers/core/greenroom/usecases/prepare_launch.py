"""What to ask EC2 for: one instance, from the offerings that are not on hold, Spot before on-demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from greenroom.domain.errors import CapacityUnavailable, LaunchAbandoned
from greenroom.domain.launch import REQUEST_TIMEOUT_S, Launch, LaunchState, advanced
from greenroom.domain.offering import Offering
from greenroom.ports import Ports
from greenroom.usecases.change_rows import change_launch


@dataclass(frozen=True, slots=True)
class FleetRequest:
    """One CreateFleet call. The token makes a repeated call harmless, so it is new only when the request changes."""

    pool_id: str
    launch_id: str
    market: str
    client_token: str
    offerings: tuple[Offering, ...]


@dataclass(frozen=True, slots=True)
class PreparedLaunch:
    """At least one of them."""

    spot: FleetRequest | None
    on_demand: FleetRequest | None


def prepare_launch(pool_id: str, launch_id: str, subnet_ids: Sequence[str], ports: Ports) -> PreparedLaunch:
    """Intended -> Requested. Raises: NotFound, LaunchAbandoned, CapacityUnavailable (all offerings are on hold)."""
    deadline_at = ports.now() + REQUEST_TIMEOUT_S
    launch = change_launch(pool_id, launch_id, lambda before: _requested(before, deadline_at), ports)
    pool, resting = ports.catalog.pool(pool_id), ports.offerings.resting(pool_id, ports.now())

    def request(market: str, attempt: int) -> FleetRequest | None:
        all_of_it = [Offering(kind, place, market) for kind in pool.instance_types for place in subnet_ids]
        awake = tuple(each for each in all_of_it if each.key not in resting)
        if market not in pool.markets or not awake:
            return None
        return FleetRequest(pool_id, launch.launch_id, market, f"{launch.launch_id}-{attempt}", awake)

    prepared = PreparedLaunch(spot=request("spot", 1), on_demand=request("on-demand", 2))
    if prepared.spot is None and prepared.on_demand is None:
        raise CapacityUnavailable("every offering of the pool is on hold")
    return prepared


def _requested(launch: Launch, deadline_at: float) -> Launch:
    """Requested already is a repeated call of this step. Raises: LaunchAbandoned."""
    if launch.state is LaunchState.REQUESTED:
        return launch
    if launch.state is not LaunchState.INTENDED:
        raise LaunchAbandoned(launch.launch_id)
    return advanced(launch, LaunchState.REQUESTED, deadline_at)
