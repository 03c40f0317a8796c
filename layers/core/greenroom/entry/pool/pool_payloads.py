"""What maintain_pool sends to its steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanPoolPayload:
    """The input of PlanPool."""

    pool_id: str


@dataclass(frozen=True, slots=True)
class FollowPlanPayload:
    """The input of FollowPlan: the ids of the instances that the plan starts, stops and retires."""

    pool_id: str
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    retirements: tuple[str, ...]
