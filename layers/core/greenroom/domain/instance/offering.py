"""Offerings (instance type × zone × market): which of them EC2 refused lately, and which to ask EC2 for first.

Worked example, on-demand, types as the operator lists them (g5.xlarge, g6.xlarge) in the subnets a and b. EC2 had no
capacity for g5 in subnet a 5 minutes ago, and the cooldown of that offering (the time for which it is left alone) is
over:

    g6 a, g6 b    not refused lately, 0.8048 $
    g5 b          not refused lately, 1.006 $
    g5 a          refused lately: last, whatever it costs
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from greenroom.domain.instance.prices import hourly_usd
from greenroom.domain.instance.refusal import RefusalKind, failure_of, kind_of

CAPACITY_COOLDOWN_S = 180
"""How many seconds an offering (instance type × subnet × market) is left alone after EC2 had no capacity for it.
Source: Karpenter, unavailable offerings, 3 min.
"""
LIMIT_COOLDOWN_S = 300
"""How many seconds a market (Spot or on-demand) is left alone after a quota refused a launch on it. A launch can
succeed only after an instance has ended or somebody has raised the quota.
"""
CONFIGURATION_COOLDOWN_S = 1800
"""How many seconds an offering (instance type × subnet × market) is left alone after EC2 refused it as wrongly
configured. By then, somebody may have corrected the settings.
"""
RECENT_S = 1800
"""How many seconds EC2's refusal of an offering (instance type × subnet × market) is remembered. First the offering is
left alone for its cooldown. After the cooldown, EC2 is asked for it again, but only after the offerings that were not
refused.
"""
JITTER = 0.1
"""By which share a cooldown (how long a refused offering is left alone) is made longer or shorter at random, so that
not all pools and launches ask EC2 again at the same moment. Offerings that EC2 refused in one answer get the same
cooldown, so that one later call can ask for all of them: one call costs less, and lets Spot choose.
"""
ANY = "*"


@dataclass(frozen=True, slots=True)
class Offering:
    """One choice of what to launch: an instance type, in one subnet, on one market.

    `place` is the subnet's id; each subnet lies in one zone.
    """

    instance_type: str
    place: str
    market: str  # "spot" or "on-demand"

    @property
    def key(self) -> str:
        """The string that identifies the offering (instance type × subnet × market) in database rows."""
        return f"{self.instance_type}#{self.place}#{self.market}"


def market_key(market: str) -> str:
    """The string that identifies a whole market (Spot or on-demand) in database rows, for refusals by a quota."""
    return Offering(ANY, ANY, market).key


@dataclass(frozen=True, slots=True)
class Refusal:
    """EC2's answer that it launches no instance: an error code, a message, and the offering (type × subnet × market).

    `offering` is None when EC2's answer named no offering.
    """

    code: str
    message: str
    offering: Offering | None
    market: str = ""  # known even when EC2 named no offering

    @property
    def kind(self) -> RefusalKind:
        return kind_of(self.code)

    @property
    def is_account_limit(self) -> bool:
        return self.kind is RefusalKind.ACCOUNT_LIMIT

    @property
    def asked_of(self) -> str:
        """The market (Spot or on-demand) on which EC2 refused the launch; empty when the market is not known."""
        return self.offering.market if self.offering else self.market


@dataclass(frozen=True, slots=True)
class Cooldown:
    """How long a refused offering (type × subnet × market), or a whole refused market, is left alone.

    Before `until`, EC2 is not asked for the offering. From then until RECENT_S after the refusal, EC2 is asked for the
    offering only after all others. `key` is `Offering.key`, or `market_key` for a whole market.
    """

    key: str
    code: str
    refused_at: float
    until: float


def cooldown_of(key: str, code: str, now: float, roll: float) -> Cooldown | None:
    """How long to leave an offering (type × subnet × market) or a whole market alone after EC2 refused to launch it.

    None when EC2 only throttled the call, so that the offering may be tried again at once. `roll` (a random number,
    uniform in 0..1) spreads the end of the cooldown.
    """
    kind = kind_of(code)
    if kind is RefusalKind.THROTTLED:
        return None
    cooldowns = {RefusalKind.ACCOUNT_LIMIT: LIMIT_COOLDOWN_S, RefusalKind.CONFIGURATION: CONFIGURATION_COOLDOWN_S}
    return Cooldown(key, code, now, now + jittered(cooldowns.get(kind, CAPACITY_COOLDOWN_S), roll))


def cooling_down(cooldowns: Iterable[Cooldown], now: float) -> frozenset[str]:
    """The keys of the offerings and markets that EC2 must not be asked for now, because EC2 refused them lately.

    A refused offering (type × subnet × market) or market is left alone until its cooldown is over.
    """
    return frozenset(each.key for each in cooldowns if each.until > now)


def jittered(seconds: float, roll: float) -> float:
    """Varies a length of time at random: returns 90 to 110 % of `seconds`.

    `roll` is a random number, uniform in 0..1.
    """
    return seconds * (1 - JITTER + 2 * JITTER * roll)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An offering (type × subnet × market) with its rank: EC2 is asked first for offerings with a lower `priority`.

    Offerings of equal priority may be asked for in any order.
    """

    offering: Offering
    priority: int


def rank_offerings(
    types: Sequence[str], places: Sequence[str], markets: Sequence[str], cooldowns: Iterable[Cooldown], now: float
) -> list[Ranked]:
    """The offerings (type × subnet × market) that EC2 may be asked for now, best first.

    Offerings in cooldown (left alone because EC2 refused them a short time ago) are left out. Order: offerings that
    were not refused lately, then the cheapest, then the operator's order of types. Types without a known price come
    after types with a known price.
    """
    known = {each.key: each for each in cooldowns}
    cooling = cooling_down(known.values(), now)

    def merit(offering: Offering) -> tuple[bool, float, int]:
        cooldown, price = known.get(offering.key), hourly_usd(offering.instance_type, offering.market)
        is_recent = cooldown is not None and now - cooldown.refused_at < RECENT_S
        return is_recent, price.usd if price else float("inf"), types.index(offering.instance_type)

    every = (Offering(kind, place, market) for market in markets for kind in types for place in places)
    askable = [each for each in every if not {each.key, market_key(each.market)} & cooling]
    steps = sorted({merit(each) for each in askable})
    return [Ranked(each, steps.index(merit(each))) for each in sorted(askable, key=merit)]


@dataclass(frozen=True, slots=True)
class LaunchedInstance:
    """An instance that EC2 launched in answer to a CreateFleet call."""

    instance_id: str
    instance_type: str
    zone: str  # empty when the answer does not say
    market: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One CreateFleet call of a launch: the market and the offerings (type × subnet) that the call named."""

    market: str
    offerings: tuple[Offering, ...]


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """EC2's answers to all CreateFleet calls of one launch.

    Only `launched` tells whether the launch succeeded: CreateFleet answers with status 200 even when it launched fewer
    instances than requested, or none.
    """

    launched: tuple[LaunchedInstance, ...]
    refusals: tuple[Refusal, ...]
    asked: tuple[Asked, ...] = ()  # in the order of the calls
    fault: str = ""  # what EC2 said when it refused a whole call; for people

    @property
    def failure(self) -> str:
        """The class name of the error to raise when EC2 launched no instance."""
        return failure_of(each.kind for each in self.refusals)
