"""The forecast that a viewer in line is shown: the place in line, two times by which a slot may come, and a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from greenroom.domain.shape import selected, shown
from greenroom.domain.times import Time

NOTIFIED_EVERY_S = 5.0
"""After how many seconds a waiting viewer is sent a new forecast even if the forecast hardly changed. Forecasts are
made every 8 s while somebody waits.
"""
CHANGED_S, CHANGED_SHARE = 5.0, 0.1
"""A waiting viewer is sent a new forecast at once when a time in the forecast moved by more than CHANGED_S seconds, or
by more than CHANGED_SHARE of the remaining wait, whichever is less.
"""


@dataclass(frozen=True, slots=True)
class Eta:
    """A forecast for a viewer in line: a slot comes by `p50` with probability 0.5, and by `p90` with probability 0.9.

    Times are epoch seconds.
    """

    place: int  # 1 = next
    p50: float
    p90: float
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class EtaShown:
    """The first forecast that a viewer in line was shown, kept to compare it with the true wait afterwards."""

    p50: float
    p90: float
    at: float


def is_due(before: Eta | None, now_known: Eta) -> bool:
    """Whether the viewer must be sent the new forecast `now_known`, given the forecast `before` that was sent last."""
    if before is None or before.place != now_known.place:
        return True
    changed_by = max(abs(now_known.p50 - before.p50), abs(now_known.p90 - before.p90))
    left = now_known.p50 - now_known.at
    return now_known.at - before.at >= NOTIFIED_EVERY_S or changed_by > min(CHANGED_S, max(1.0, CHANGED_SHARE * left))


@dataclass(frozen=True, slots=True)
class EtaView:
    """A forecast as the HTTP API shows it, without the place in line.

    The API shows the place as a field of the session itself.
    """

    p50: Time
    p90: Time
    reason: str
    at: Time


def eta_view(eta: Eta) -> dict[str, Any]:
    return shown(selected(EtaView, eta))
