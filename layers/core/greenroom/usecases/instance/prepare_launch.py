"""Decides what a launch asks EC2 for: one instance of the best offerings, first on Spot, then on-demand.

An offering (instance type × zone × market) that EC2 refused lately is left alone until its cooldown is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import LAUNCH_FAILURES, LaunchAbandoned, PoolIsHalted
from greenroom.domain.instance.launch import REQUEST_TIMEOUT_S, LaunchState, advanced
from greenroom.domain.instance.offering import rank_offerings
from greenroom.domain.instance.refusal import failure_of, kind_of
from greenroom.usecases.change_rows import change_launch

if TYPE_CHECKING:
    from greenroom.domain.instance.launch import Launch
    from greenroom.domain.instance.offering import Offering, Ranked
    from greenroom.domain.pool.pool import Pool
    from greenroom.ports.instance import HasFleet, HasLaunches, HasOfferings
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.world import Clock

    class Ports(Clock, HasCatalog, HasFleet, HasLaunches, HasOfferings, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class FleetRequest:
    """One call of EC2's CreateFleet, for one market (Spot or on-demand).

    The client token makes a repeated call harmless. Therefore a repeated request has the same token, and the two
    requests of a launch have different tokens.
    """

    pool_id: str
    launch_id: str
    market: str
    client_token: str
    ranked: tuple[Ranked, ...]

    @property
    def offerings(self) -> tuple[Offering, ...]:
        """The offerings (instance type × zone × market) to ask EC2 for, best first."""
        return tuple(each.offering for each in self.ranked)


@dataclass(frozen=True, slots=True)
class PreparedLaunch:
    """The CreateFleet calls of a launch, one for each market (Spot, on-demand). At least one of the two is set."""

    spot: FleetRequest | None
    on_demand: FleetRequest | None


def prepare_launch(pool_id: str, launch_id: str, subnet_ids: Sequence[str], ports: Ports) -> PreparedLaunch:
    """Marks an Intended launch as Requested, and returns the calls of EC2's CreateFleet to be made for it.

    Raises: NotFound, LaunchAbandoned (the launch is not wanted any more), PoolIsHalted (nothing may be launched for the
    pool). When every offering (instance type × zone × market) of the pool is in cooldown (left alone after a refusal):
    CapacityUnavailable, AccountLimitReached or OfferingsInvalid, depending on the refusals.
    """
    if ports.pools.read(pool_id).halted is not None:
        raise PoolIsHalted(pool_id)
    deadline_at = ports.now() + REQUEST_TIMEOUT_S
    pool = ports.catalog.pool(pool_id)
    launch = change_launch(pool_id, launch_id, lambda before: _requested(before, pool, deadline_at), ports)
    cooldowns = ports.offerings.refused(pool_id, ports.now())

    def request(market: str, attempt: int) -> FleetRequest | None:
        markets = {market}.intersection(pool.markets) if launch.market in ("spot", market) else ()
        ranked = tuple(rank_offerings(pool.instance_types, subnet_ids, tuple(markets), cooldowns, ports.now()))
        token = f"{launch.launch_id}-{attempt}"
        return FleetRequest(pool_id, launch.launch_id, market, token, ranked) if ranked else None

    prepared = PreparedLaunch(spot=request("spot", 1), on_demand=request("on-demand", 2))
    if prepared.spot is None and prepared.on_demand is None:
        cooling_down = [each for each in cooldowns if each.until > ports.now()]
        failure = LAUNCH_FAILURES[failure_of(kind_of(each.code) for each in cooling_down)]
        raise failure(
            "all offerings of the pool cool down: " + ", ".join(f"{each.key} {each.code}" for each in cooling_down)
        )
    return prepared


def _requested(launch: Launch, pool: Pool, deadline_at: float) -> Launch:
    """Returns the launch as Requested. If the step is repeated, the launch is Requested already and is not changed.

    Raises: LaunchAbandoned (the pool serves another application by now, or the launch is over).
    """
    if launch.application_id != pool.application_id:
        raise LaunchAbandoned(f"{launch.launch_id} is for {launch.application_id}, which the pool no longer serves")
    if launch.state is LaunchState.REQUESTED:
        return launch
    if launch.state is not LaunchState.INTENDED:
        raise LaunchAbandoned(launch.launch_id)
    return advanced(launch, LaunchState.REQUESTED, deadline_at)
