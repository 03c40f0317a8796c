"""An Offering: an instance type in one place on one market, and what EC2 says when it has none."""

from __future__ import annotations

from dataclasses import dataclass

HOLD_S = 180
"""How long an offering that had no capacity is left out. Source: Karpenter, unavailable offerings, 3 min."""

ACCOUNT_LIMITS = frozenset(
    {"MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "InstanceLimitExceeded", "MaxFleetCountExceeded"}
)
"""Quotas of the account: another type or place does not help. Spot and on-demand have quotas of their own.
Source: EC2 API, client error codes."""


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """EC2's reason why an offering gave nothing. `offering` is None when it named none."""

    code: str
    message: str
    offering: Offering | None

    @property
    def is_account_limit(self) -> bool:
        return self.code in ACCOUNT_LIMITS


@dataclass(frozen=True, slots=True)
class Launched:
    """An instance as CreateFleet answered it."""

    instance_id: str
    instance_type: str
    zone: str  # empty when the answer did not say
    market: str


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """What all attempts of a launch brought. Count `launched`: a fleet answers 200 with fewer instances, or none."""

    launched: tuple[Launched, ...]
    refusals: tuple[Refusal, ...]

    @property
    def failure(self) -> str:
        """The error's name when nothing was launched: AccountLimitReached when every refusal was a quota."""
        limited = bool(self.refusals) and all(each.is_account_limit for each in self.refusals)
        return "AccountLimitReached" if limited else "CapacityUnavailable"
