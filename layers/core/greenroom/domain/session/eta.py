"""What a waiting viewer is told: a place, two times, and why. The promise is kept, and judged when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from greenroom.domain.shape import selected, shown
from greenroom.domain.times import Time

TOLD_EVERY_S = 5.0
"""After so long it is told again, changed or not: by every pass, and those come every 8 s while somebody waits."""
CHANGED_S, CHANGED_SHARE = 5.0, 0.1
"""A change of more than this, or of more than this share of what is left, is told at once."""


@dataclass(frozen=True, slots=True)
class Eta:
    """When a slot is there with probability 0.5 and 0.9, as it was known `at`. Epoch seconds."""

    place: int  # 1 = next
    p50: float
    p90: float
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class EtaShown:
    """The first forecast a viewer was shown: what the true wait is judged by."""

    p50: float
    p90: float
    at: float


def is_due(before: Eta | None, now_known: Eta) -> bool:
    """Whether the viewer must be told again."""
    if before is None or before.place != now_known.place:
        return True
    changed_by = max(abs(now_known.p50 - before.p50), abs(now_known.p90 - before.p90))
    left = now_known.p50 - now_known.at
    return now_known.at - before.at >= TOLD_EVERY_S or changed_by > min(CHANGED_S, max(1.0, CHANGED_SHARE * left))


@dataclass(frozen=True, slots=True)
class EtaView:
    """As the doors show it, beside the place."""

    p50: Time
    p90: Time
    reason: str
    at: Time


def eta_view(eta: Eta) -> dict[str, Any]:
    return shown(selected(EtaView, eta))
