"""A preflight: checks, made before a scheduled event begins, of whether the event will have its slots in time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """How one check of a preflight (the checks before a scheduled event) turned out."""

    OK = "ok"
    WARNING = "warning"  # the event will probably have its slots, but few to spare
    FAILED = "failed"  # the event will lack slots unless an operator acts
    UNKNOWN = "unknown"  # the facts that the check needs could not be read


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check of a preflight (the checks before a scheduled event).

    `remedy` tells the operator what to do; it is empty when there is nothing to do.
    """

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """The results of all checks that were made together before a scheduled event.

    A failed check does not stop the event: operators are told of the failure, and the Journal records it.
    """

    at: float
    checks: tuple[Check, ...]
    latest_safe_start: float  # the last moment to begin launching for the event, epoch seconds
    time_to_warm_s: float

    @property
    def worst(self) -> CheckStatus:
        """The worst status among the preflight's checks."""
        order = (CheckStatus.FAILED, CheckStatus.WARNING, CheckStatus.UNKNOWN)
        found = {each.status for each in self.checks}
        return next((each for each in order if each in found), CheckStatus.OK)
