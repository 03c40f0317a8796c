"""A capacity plan: what to launch, start, stop and retire, the reasons, and what was considered but rejected. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlannedLaunch:
    """One instance to launch.

    `market` "spot": tried on Spot first, then on-demand if the pool allows it; "on-demand": only there.
    """

    slots: int
    market: str
    reason: str
    for_warm_tier: bool = False  # beyond the wanted slots: to be stopped for the warm pool once it is Ready


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """One stopped instance to start."""

    instance_id: str
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One instance to stop for the warm pool. It is stopped only if it is still idle when its rows are written."""

    instance_id: str
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """One instance to end. It is ended only if no session is on it when its rows are written.

    `is_given_back`: its slots were reserved for an event that is over.
    """

    instance_id: str
    slots: int
    reason: str
    is_given_back: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """An alternative that was considered but not chosen, and why."""

    alternative: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision, with the numbers on which it is based."""

    wanted: int
    supply: int
    launches: tuple[PlannedLaunch, ...]
    retirements: tuple[Retirement, ...]
    rejected: tuple[Rejected, ...]
    surplus_since: float | None  # since when there are too many slots (the scale-in clock); None: there are not
    surplus_least: int = 0  # the smallest surplus seen since then, slots
    starts: tuple[PlannedStart, ...] = ()
    stops: tuple[PlannedStop, ...] = ()
    waits: bool = False  # slots are lacking, and a later pass may bring them

    @property
    def changes_anything(self) -> bool:
        return bool(self.launches or self.starts or self.stops or self.retirements)
