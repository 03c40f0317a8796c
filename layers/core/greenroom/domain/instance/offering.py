"""An Offering: an instance type in one place on one market; what EC2 says of it, and which to ask for first.

Worked example, on-demand, types as the operator lists them (g5.xlarge, g6.xlarge) in the subnets a and b; g5 in a had
no capacity 5 minutes ago and has rested since:

    g6 a, g6 b    never refused lately, 0.8048 $
    g5 b          never refused lately, 1.006 $
    g5 a          refused lately: last, whatever it costs
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from greenroom.domain.instance.prices import hourly_usd
from greenroom.domain.instance.refusal import RefusalKind, failure_of, kind_of

HOLD_S = 180
"""How long an offering that had no capacity is left out. Source: Karpenter, unavailable offerings, 3 min."""
LIMIT_REST_S = 300
"""How long a market is left alone whose quota is used up: an instance must end, or somebody raise it."""
CONFIGURATION_REST_S = 1800
"""How long an offering is left out that can never work as it is asked for; until then somebody may have mended it."""
RECENT_S = 1800
"""How long a refusal is remembered: after its rest the offering is asked again, but after those not refused."""
JITTER = 0.1
"""Rests differ by this share, so that pools and launches do not come back in step. What one answer refused does: one
question over all of it costs less, and lets Spot choose."""
ANY = "*"


@dataclass(frozen=True, slots=True)
class Offering:
    """`place` is the subnet asked for: each lies in one zone."""

    instance_type: str
    place: str
    market: str  # "spot" or "on-demand"

    @property
    def key(self) -> str:
        """Names it in rows."""
        return f"{self.instance_type}#{self.place}#{self.market}"


def market_key(market: str) -> str:
    """Names a whole market in rows: what a quota refuses."""
    return Offering(ANY, ANY, market).key


@dataclass(frozen=True, slots=True)
class Refusal:
    """EC2's reason why an offering gave nothing. `offering` is None when it named none."""

    code: str
    message: str
    offering: Offering | None
    market: str = ""  # known even when no offering was named

    @property
    def kind(self) -> RefusalKind:
        return kind_of(self.code)

    @property
    def is_account_limit(self) -> bool:
        return self.kind is RefusalKind.ACCOUNT_LIMIT

    @property
    def asked_of(self) -> str:
        """The market that refused; empty when nothing says."""
        return self.offering.market if self.offering else self.market


@dataclass(frozen=True, slots=True)
class Rest:
    """An offering, or a market (`market_key`), that was refused: left out until `until`, then asked last a while."""

    key: str
    code: str
    refused_at: float
    until: float


def rest_of(key: str, code: str, now: float, roll: float) -> Rest | None:
    """What a refusal makes of an offering; None: nothing rests. `roll` is even in 0..1."""
    kind = kind_of(code)
    if kind is RefusalKind.THROTTLED:
        return None
    rests = {RefusalKind.ACCOUNT_LIMIT: LIMIT_REST_S, RefusalKind.CONFIGURATION: CONFIGURATION_REST_S}
    return Rest(key, code, now, now + jittered(rests.get(kind, HOLD_S), roll))


def asleep(rests: Iterable[Rest], now: float) -> frozenset[str]:
    """Keys of the offerings and markets to leave out now."""
    return frozenset(each.key for each in rests if each.until > now)


def jittered(seconds: float, roll: float) -> float:
    """90 to 110 %. `roll` is even in 0..1."""
    return seconds * (1 - JITTER + 2 * JITTER * roll)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An offering to ask for; a lower `priority` first, equal ones in any order."""

    offering: Offering
    priority: int


def rank_offerings(
    types: Sequence[str], places: Sequence[str], markets: Sequence[str], rests: Iterable[Rest], now: float
) -> list[Ranked]:
    """What is not resting, best first: not refused lately, then the cheapest, then in the operator's order of types.

    Types without a known price come after those with one.
    """
    known = {each.key: each for each in rests}
    resting = asleep(known.values(), now)

    def merit(offering: Offering) -> tuple[bool, float, int]:
        rest, price = known.get(offering.key), hourly_usd(offering.instance_type, offering.market)
        is_recent = rest is not None and now - rest.refused_at < RECENT_S
        return is_recent, price.usd if price else float("inf"), types.index(offering.instance_type)

    every = (Offering(kind, place, market) for market in markets for kind in types for place in places)
    awake = [each for each in every if not {each.key, market_key(each.market)} & resting]
    steps = sorted({merit(each) for each in awake})
    return [Ranked(each, steps.index(merit(each))) for each in sorted(awake, key=merit)]


@dataclass(frozen=True, slots=True)
class Launched:
    """An instance as CreateFleet answered it."""

    instance_id: str
    instance_type: str
    zone: str  # empty when the answer did not say
    market: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One CreateFleet call of a launch."""

    market: str
    offerings: tuple[Offering, ...]


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """What all attempts of a launch brought. Count `launched`: a fleet answers 200 with fewer instances, or none."""

    launched: tuple[Launched, ...]
    refusals: tuple[Refusal, ...]
    asked: tuple[Asked, ...] = ()  # in this order
    fault: str = ""  # what EC2 said when it refused a whole call; for people

    @property
    def failure(self) -> str:
        """The error's name when nothing was launched."""
        return failure_of(each.kind for each in self.refusals)
