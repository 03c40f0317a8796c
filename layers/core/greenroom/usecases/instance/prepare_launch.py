"""What to ask EC2 for: one instance, from the offerings that are not resting, best first, Spot before on-demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.errors import LAUNCH_FAILURES, LaunchAbandoned, PoolIsHalted
from greenroom.domain.instance.launch import REQUEST_TIMEOUT_S, Launch, LaunchState, advanced
from greenroom.domain.instance.offering import Offering, Ranked, rank_offerings
from greenroom.domain.instance.refusal import failure_of, kind_of
from greenroom.domain.pool.pool import Pool
from greenroom.ports.instance import HasFleet, HasLaunches, HasOfferings
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.world import Clock
from greenroom.usecases.change_rows import change_launch


class Ports(Clock, HasCatalog, HasFleet, HasLaunches, HasOfferings, HasPools, Protocol):
    """What is reached here, callees included."""


@dataclass(frozen=True, slots=True)
class FleetRequest:
    """One CreateFleet call. The token makes a repeated call harmless, so it is new only when the request changes."""

    pool_id: str
    launch_id: str
    market: str
    client_token: str
    ranked: tuple[Ranked, ...]

    @property
    def offerings(self) -> tuple[Offering, ...]:
        """Best first."""
        return tuple(each.offering for each in self.ranked)


@dataclass(frozen=True, slots=True)
class PreparedLaunch:
    """At least one of them."""

    spot: FleetRequest | None
    on_demand: FleetRequest | None


def prepare_launch(pool_id: str, launch_id: str, subnet_ids: Sequence[str], ports: Ports) -> PreparedLaunch:
    """Intended -> Requested.

    Raises: NotFound, LaunchAbandoned, PoolIsHalted; CapacityUnavailable, AccountLimitReached or OfferingsInvalid when
    every offering rests, by what they rest for.
    """
    if ports.pools.read(pool_id).halted is not None:
        raise PoolIsHalted(pool_id)
    deadline_at = ports.now() + REQUEST_TIMEOUT_S
    pool = ports.catalog.pool(pool_id)
    launch = change_launch(pool_id, launch_id, lambda before: _requested(before, pool, deadline_at), ports)
    rests = ports.offerings.refused(pool_id, ports.now())

    def request(market: str, attempt: int) -> FleetRequest | None:
        markets = {market}.intersection(pool.markets) if launch.market in ("spot", market) else ()
        ranked = tuple(rank_offerings(pool.instance_types, subnet_ids, tuple(markets), rests, ports.now()))
        token = f"{launch.launch_id}-{attempt}"
        return FleetRequest(pool_id, launch.launch_id, market, token, ranked) if ranked else None

    prepared = PreparedLaunch(spot=request("spot", 1), on_demand=request("on-demand", 2))
    if prepared.spot is None and prepared.on_demand is None:
        asleep = [each for each in rests if each.until > ports.now()]
        failure = LAUNCH_FAILURES[failure_of(kind_of(each.code) for each in asleep)]
        raise failure("every offering of the pool rests: " + ", ".join(f"{each.key} {each.code}" for each in asleep))
    return prepared


def _requested(launch: Launch, pool: Pool, deadline_at: float) -> Launch:
    """Requested already is a repeated call of this step. Raises: LaunchAbandoned."""
    if launch.application_id != pool.application_id:
        raise LaunchAbandoned(f"{launch.launch_id} is for {launch.application_id}: the pool was given away")
    if launch.state is LaunchState.REQUESTED:
        return launch
    if launch.state is not LaunchState.INTENDED:
        raise LaunchAbandoned(launch.launch_id)
    return advanced(launch, LaunchState.REQUESTED, deadline_at)
