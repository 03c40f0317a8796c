"""A preflight: what would keep an event from finding its slots ready, asked ahead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"  # it works, with less room or more luck than one would wish
    FAILED = "failed"  # the event will be short of slots unless somebody acts
    UNKNOWN = "unknown"  # it could not be asked


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` says what to do; empty when there is nothing to do."""

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """All checks of one look. A failed one refuses nothing: it is told, and written down."""

    at: float
    checks: tuple[Check, ...]
    latest_safe_start: float  # when warming must have begun
    time_to_warm_s: float

    @property
    def worst(self) -> CheckStatus:
        """Of all its checks."""
        order = (CheckStatus.FAILED, CheckStatus.WARNING, CheckStatus.UNKNOWN)
        found = {each.status for each in self.checks}
        return next((each for each in order if each in found), CheckStatus.OK)
