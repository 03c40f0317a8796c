"""How long a session or a boot lasts, and how long the rest of one takes that is under way. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, sqrt

from greenroom.domain.session.session_length import LENGTHS_KEPT, SessionLength

LENGTHS_MEASURED = 10
"""Fewer session lengths than that say nothing of the next."""
UNSEEN = 1.0
"""How many the doubt counts as that outlive all that was seen."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What was seen of one: from which age on it was watched, up to which age, and whether it ended there."""

    until_s: float
    ended: bool = True
    since_s: float = 0.0


class Lifetime:
    """A law of lengths: steps at what was seen, and a tail beyond; nothing outlives `most_s`.

    The steps are Kaplan and Meier's estimate: whoever still runs counts as not ended at its age, so that the first ends
    of a fresh pool, which are short ones, do not pass for the rule. Beyond them, and with nothing seen, exponential.
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
        self._rests: dict[float, tuple[float, float]] = {}
        self.mean, self.variance = self.rest(0.0)
        ended = sum(each.ended for each in lived)
        self.doubt = sqrt(self.variance / ended) / self.mean if ended and self.mean else 0.0
        """Standard error of the mean, as a share of it: an error that all forecasts of this pool have in common."""

    def ended_within(self, age_s: float, seconds: float) -> float:
        """Probability that one of this age ends within so many more."""
        until = age_s + seconds
        if until >= self._most_s:
            return 1.0
        beyond = self._sums[-1][0] - self._mass(age_s) + self._tail
        if age_s >= self._last_s or beyond <= 0:
            return 1 - exp(-seconds / self._scale_s)
        late = self._tail * (1 - exp(-(until - self._last_s) / self._scale_s)) if until > self._last_s else 0.0
        return (self._mass(until) - self._mass(age_s) + late) / beyond

    def rest(self, age_s: float) -> tuple[float, float]:
        """Mean and variance of what is left at this age, seconds."""
        if age_s not in self._rests:
            self._rests[age_s] = self._rest(age_s)
        return self._rests[age_s]

    def _mass(self, until_s: float) -> float:
        return self._sums[bisect_right(self._ends, until_s)][0]

    def _rest(self, age_s: float) -> tuple[float, float]:
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
    """Lengths, the probability of each, and what is left beyond."""
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
    """Probability, mean and mean square of the first 0, 1, 2 … steps."""
    found = [(0.0, 0.0, 0.0)]
    for end, weight in zip(ends, weights, strict=True):
        mass, total, squares = found[-1]
        found.append((mass + weight, total + weight * end, squares + weight * end * end))
    return found


def session_lifetime(
    lengths: Sequence[SessionLength], ages_s: Iterable[float], maximum_s: float, now: float
) -> Lifetime:
    """Of a pool's sessions, by its last ends and those that run now.

    A full record knows nothing from before its oldest end: who ran then is watched from the age it had. Fewer than
    LENGTHS_MEASURED: exponential, with half of the maximum as its mean, that each end seen draws to what was lived.
    Example: a maximum of 3600 s, nothing seen: mean 1800 s; five ends in 600 s lived by all together: 2400 / 6 = 400 s.
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
