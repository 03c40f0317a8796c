"""What a crowd in line has to tell: who was served, in which order, and how true the forecasts were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

ORDER_SLACK_S = 0.05
"""Two slots that come free at once are given in one dispatch each; what lies so near has no order."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One viewer's session. Times are epoch seconds; `order_at` is its place, `queued_at` when it was told one."""

    session_id: str
    tier: str
    order_at: float
    requested_at: float
    queued_at: float | None
    assigned_at: float | None
    ended_as: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What one viewer was shown while waiting: (when it arrived, p50, p90), epoch seconds, oldest first."""

    session_id: str
    forecasts: tuple[tuple[float, float, float], ...]


def order_breaks(stays: Sequence[Stay]) -> list[tuple[str, str]]:
    """Pairs (earlier, later) in one line of which the later got a slot first, though the earlier stood there already.

    By `order_at`: so within a tier by the request, and across tiers by the request less the tier's head start.
    """
    breaks = []
    for one, other in combinations(sorted(stays, key=lambda stay: stay.order_at), 2):
        if one.queued_at is None or other.assigned_at is None or other.assigned_at <= one.queued_at + ORDER_SLACK_S:
            continue
        if one.assigned_at is not None and other.assigned_at < one.assigned_at - ORDER_SLACK_S:
            breaks.append((one.session_id, other.session_id))
    return breaks


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of those who were given a slot out of the line. `p90_ratio`: median of the first p90 over the true wait."""

    judged: int
    coverage: float
    p90_ratio: float


def accuracy(stays: Sequence[Stay], shown: Sequence[Shown]) -> Accuracy:
    """The first forecast counts: whoever has to decide whether to wait has no other."""
    first = {each.session_id: each.forecasts[0] for each in shown if each.forecasts}
    pairs = [
        (stay.assigned_at - stay.requested_at, first[stay.session_id][2] - stay.requested_at)
        for stay in stays
        if stay.queued_at is not None and stay.assigned_at is not None and stay.session_id in first
    ]
    if not pairs:
        return Accuracy(0, 0.0, 0.0)
    within = sum(true <= p90 for true, p90 in pairs)
    return Accuracy(len(pairs), within / len(pairs), median(p90 / max(true, 1.0) for true, p90 in pairs))


def longest_silence(stays: Sequence[Stay], shown: Sequence[Shown]) -> float:
    """The longest time, seconds, that anybody stood in line without a word: from the answer to the request on."""
    heard = {each.session_id: [at for at, _, _ in each.forecasts] for each in shown}
    longest = 0.0
    for stay in stays:
        if stay.queued_at is None or stay.assigned_at is None:
            continue
        told = [at for at in heard.get(stay.session_id, ()) if at < stay.assigned_at] or [stay.queued_at]
        times = sorted([*told, stay.assigned_at])
        longest = max(longest, *(later - earlier for earlier, later in pairwise(times)))
    return longest
