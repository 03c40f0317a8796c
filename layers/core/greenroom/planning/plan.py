"""A capacity plan: what to launch, start, stop and retire, the reasons, and what was considered but rejected. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlannedLaunch:
    """One instance to launch.

    `market` "spot": EC2 is asked for Spot first, then for on-demand if the pool allows it; "on-demand": only for
    on-demand.
    """

    slots: int
    market: str
    reason: str
    for_warm_tier: bool = False  # beyond the wanted slots: once Ready, it is stopped for the warm pool


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """One stopped instance to start."""

    instance_id: str
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One instance to stop for the warm pool (stopped instances that start quickly).

    The instance is stopped only if it is still idle when the plan is carried out.
    """

    instance_id: str
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """One instance to terminate. It is terminated only if it has no session when the plan is carried out.

    `is_given_back`: the instance's slots were reserved for a scheduled event that is over.
    """

    instance_id: str
    slots: int
    reason: str
    is_given_back: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """An alternative that the planner considered but did not choose, and the reason."""

    alternative: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the planner decided for a pool, with the numbers on which the decision is based.

    `wanted`: the slots that the pool wants; `supply`: the slots that it has or will soon have.
    """

    wanted: int
    supply: int
    launches: tuple[PlannedLaunch, ...]
    retirements: tuple[Retirement, ...]
    rejected: tuple[Rejected, ...]
    surplus_since: float | None  # since when there are too many slots; None: there are not
    surplus_least: int = 0  # the smallest surplus seen since then, slots
    starts: tuple[PlannedStart, ...] = ()
    stops: tuple[PlannedStop, ...] = ()
    waits: bool = False  # slots are lacking, and a later run of the planner may add them

    @property
    def changes_anything(self) -> bool:
        return bool(self.launches or self.starts or self.stops or self.retirements)
