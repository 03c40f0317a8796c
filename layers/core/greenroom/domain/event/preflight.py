"""A preflight: the checks, made ahead, of whether a scheduled event will have its slots in time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"  # it will probably work, but with little to spare
    FAILED = "failed"  # the event will lack slots unless somebody acts
    UNKNOWN = "unknown"  # the facts could not be read


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `remedy` says what to do; empty when nothing needs to be done."""

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """The results of all checks, made together.

    A failed check forbids nothing: operators are told, and it is recorded.
    """

    at: float
    checks: tuple[Check, ...]
    latest_safe_start: float  # the last moment to start warming, epoch seconds
    time_to_warm_s: float

    @property
    def worst(self) -> CheckStatus:
        """The worst status among the checks."""
        order = (CheckStatus.FAILED, CheckStatus.WARNING, CheckStatus.UNKNOWN)
        found = {each.status for each in self.checks}
        return next((each for each in order if each in found), CheckStatus.OK)
