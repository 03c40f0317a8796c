"""What a capacity plan says: what to launch, start, stop and end, why, and what was considered and not done. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlannedLaunch:
    """One instance. `market` "spot": Spot first, then on-demand if the pool allows it; "on-demand": only that."""

    slots: int
    market: str
    reason: str
    for_warm_tier: bool = False  # beyond what is wanted: to be stopped once it is ready


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """One stopped instance to start."""

    instance_id: str
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One instance to stop for the warm tier, if it is still idle when its rows are written."""

    instance_id: str
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """One instance to end, if nobody plays on it when its rows are written."""

    instance_id: str
    slots: int
    reason: str
    is_given_back: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was considered and not done."""

    alternative: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision, with the numbers it was made on."""

    wanted: int
    supply: int
    launches: tuple[PlannedLaunch, ...]
    retirements: tuple[Retirement, ...]
    rejected: tuple[Rejected, ...]
    surplus_since: float | None  # the scale-in clock from now on
    surplus_least: int = 0  # the least surplus seen since then
    starts: tuple[PlannedStart, ...] = ()
    stops: tuple[PlannedStop, ...] = ()
    waits: bool = False  # slots are lacking, and the next pass may bring them

    @property
    def changes_anything(self) -> bool:
        return bool(self.launches or self.starts or self.stops or self.retirements)
