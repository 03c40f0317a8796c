"""Estimates the lengths of sessions and boots (from EC2's start of an instance to its first free slot). Pure.

The estimate is a distribution, learned from earlier sessions or boots.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, sqrt

from greenroom.domain.session.session_length import LENGTHS_KEPT, SessionLength

LENGTHS_MEASURED = 10
"""How many ended sessions must be recorded before their lengths are used as the distribution. With fewer, an
exponential distribution is assumed.
"""
UNSEEN = 1.0
"""How many sessions are assumed that outlive all observed sessions, as an allowance for the small sample."""


@dataclass(frozen=True, slots=True)
class Lived:
    """One observed session or boot: watched from age `since_s` to age `until_s`.

    `ended`: whether the session or boot ended at `until_s`; otherwise it was still running then.
    """

    until_s: float
    ended: bool = True
    since_s: float = 0.0


class Lifetime:
    """The distribution of the length of sessions or boots; no length is more than `most_s`.

    The distribution has a step at each observed length (Kaplan and Meier's estimate), and an exponential tail beyond
    the longest. A session that is still running counts as not ended at its age. Without that, the first sessions to end
    in a fresh pool, which are short ones, would be taken for the rule. If nothing was observed, the whole distribution
    is exponential with mean `mean_s`.
    Source: Kaplan and Meier 1958; with late entry, Tsai, Jewell and Wang 1987.
    """

    def __init__(self, seen: Iterable[Lived], mean_s: float, most_s: float) -> None:
        lived = [each for each in seen if each.until_s > each.since_s]
        self._most_s, self._scale_s = most_s, max(0.001, mean_s)
        ends, weights, self._tail = _steps(lived, most_s)
        self._ends, self._last_s = ends, ends[-1] if ends else 0.0
        self._sums = _sums(ends, weights)
        if ends:
            self._scale_s = max(0.001, self._sums[-1][1] / self._sums[-1][0])
        self._remainders: dict[float, tuple[float, float]] = {}
        self.mean, self.variance = self.remaining(0.0)
        ended = sum(each.ended for each in lived)
        self.doubt = sqrt(self.variance / ended) / self.mean if ended and self.mean else 0.0
        """Standard error of the mean, as a share of the mean. All forecasts of the pool share this error."""

    def ended_within(self, age_s: float, seconds: float) -> float:
        """Returns the probability that a session or boot that has lasted `age_s` ends within `seconds` more seconds."""
        until = age_s + seconds
        if until >= self._most_s:
            return 1.0
        beyond = self._sums[-1][0] - self._mass(age_s) + self._tail
        if age_s >= self._last_s or beyond <= 0:
            return 1 - exp(-seconds / self._scale_s)
        late = self._tail * (1 - exp(-(until - self._last_s) / self._scale_s)) if until > self._last_s else 0.0
        return (self._mass(until) - self._mass(age_s) + late) / beyond

    def remaining(self, age_s: float) -> tuple[float, float]:
        """Returns mean and variance of the time (s) that a session or boot which has lasted `age_s` will still last."""
        if age_s not in self._remainders:
            self._remainders[age_s] = self._remaining(age_s)
        return self._remainders[age_s]

    def _mass(self, until_s: float) -> float:
        return self._sums[bisect_right(self._ends, until_s)][0]

    def _remaining(self, age_s: float) -> tuple[float, float]:
        start = max(age_s, self._last_s)
        left, wait, scale = max(0.0, self._most_s - start), start - age_s, self._scale_s
        gone = exp(-left / scale)
        late, late_square = scale * (1 - gone), 2 * scale * (scale * (1 - gone) - left * gone)
        mass, total, squares = (
            whole - part
            for whole, part in zip(self._sums[-1], self._sums[bisect_right(self._ends, age_s)], strict=True)
        )
        tail = self._tail or 1e-9
        mean = (total - mass * age_s + tail * (wait + late)) / (mass + tail)
        square = squares - 2 * age_s * total + mass * age_s**2 + tail * (wait**2 + 2 * wait * late + late_square)
        return mean, max(0.0, square / (mass + tail) - mean**2)


def _steps(lived: Sequence[Lived], most_s: float) -> tuple[list[float], list[float], float]:
    """Returns the observed lengths in ascending order, the probability of each, and that of a longer length."""
    ends: list[float] = []
    weights: list[float] = []
    alive = 1.0
    sinces, untils = sorted(each.since_s for each in lived), sorted(each.until_s for each in lived)
    for until, ended in sorted(Counter(each.until_s for each in lived if each.ended).items()):
        at_risk = bisect_left(sinces, until) - bisect_left(untils, until) + UNSEEN
        ends.append(min(until, most_s))
        weights.append(alive * ended / at_risk)
        alive *= 1 - ended / at_risk
    return ends, weights, alive


def _sums(ends: Sequence[float], weights: Sequence[float]) -> list[tuple[float, float, float]]:
    """Returns three sums over the shortest lengths: over none of `ends`, over the first, over the first two, and so on.

    They are the sums of probability, probability x length, and probability x length squared. `weights` has the
    probability of each length.
    """
    found = [(0.0, 0.0, 0.0)]
    for end, weight in zip(ends, weights, strict=True):
        mass, total, squares = found[-1]
        found.append((mass + weight, total + weight * end, squares + weight * end * end))
    return found


def session_lifetime(
    lengths: Sequence[SessionLength], ages_s: Iterable[float], maximum_s: float, now: float
) -> Lifetime:
    """Returns the distribution of a pool's session lengths, from its last ended sessions and its running sessions.

    `ages_s`: how long each running session has lasted; `maximum_s`: the longest that a session may last. A pool
    remembers only the last LENGTHS_KEPT sessions that ended. Once that record is full, a session that ran when the
    record begins counts as watched from the age that the session had then. With fewer than LENGTHS_MEASURED ended
    sessions the distribution is exponential. Its mean begins at half of the maximum. Each ended session draws the mean
    towards the time that all sessions lasted, divided by the number of ended sessions.
    Example: a maximum of 3600 s, nothing observed: mean 1800 s. Five ended sessions, and 600 s that all sessions lasted
    together: 2400 / 6 = 400 s.
    """
    if len(lengths) < LENGTHS_MEASURED:
        ages_s = list(ages_s)
        lived_s = sum(each.seconds for each in lengths) + sum(ages_s)
        mean_s = min(maximum_s / 2, (maximum_s / 2 + lived_s) / (1 + len(lengths)))
        return Lifetime((), mean_s, maximum_s)
    is_full = len(lengths) >= LENGTHS_KEPT
    record_from = min(each.ended_at for each in lengths) if is_full else float("-inf")
    ended = [Lived(each.seconds, True, max(0.0, record_from - each.ended_at + each.seconds)) for each in lengths]
    running = [Lived(age, False, max(0.0, record_from - now + age)) for age in ages_s]
    return Lifetime([*ended, *running], maximum_s / 2, maximum_s)
