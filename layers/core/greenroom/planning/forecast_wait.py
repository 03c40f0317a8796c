"""How long a place in line waits: p50 and p90, from who will leave and what is being started. Pure.

Each source frees one place after another: a running session ends, then the one that came after it, and so on. Of every
source the moments of "how often by t" follow from what is known of its next time and of those after it; the sum over
all sources is near enough to normal, refined by its skewness. A wait of place n is the first t by which n places were
freed with probability 0.5 or 0.9.
Source: Hong 2013, On computing the distribution function for the Poisson binomial distribution (refined normal).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import erf, exp, pi, sqrt

from greenroom.planning.lifetimes import Lifetime

LONGEST_S = 24 * 3600.0
"""No forecast looks farther."""
SURELY = 6.0
"""Generations that lie so many standard deviations back are over: they are counted, not computed."""
IDLE_STEPS = 32
"""Of the integral over the time until an event begins."""
STEP, FIRST_S = 1.06, 1.0
"""Times that are looked at lie so far apart; between two of them the probability is a straight line."""
_TIMES = [0.0]
while _TIMES[-1] < LONGEST_S:
    _TIMES.append(min(LONGEST_S, max(_TIMES[-1] + FIRST_S, _TIMES[-1] * STEP)))
MARGIN = 1.05
"""On top of p90: what no law of lengths knows, such as a claim's own time and sessions that end together."""
SQRT2 = sqrt(2.0)


@dataclass(frozen=True, slots=True)
class Source:
    """What brings places: `count` at once, first at `delay_s` + the rest of `life` at `age_s`; then each after `next`.

    `next`: the law of those who follow; None when nobody does.
    """

    life: Lifetime
    age_s: float = 0.0
    delay_s: float = 0.0
    count: int = 1
    next: Lifetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds from now; the true wait is shorter than `p90_s` nine times in ten."""

    p50_s: float
    p90_s: float


@dataclass(frozen=True, slots=True)
class _Counted:
    """Moments of how many places are free by one time."""

    mean: float = 0.0
    variance: float = 0.0
    third: float = 0.0  # central
    doubt: float = 0.0  # standard error of the mean, the same way for all sources


class Forecast:
    """The sources of a pool as a curve; asked for any place. A time is computed once, and only if asked for.

    `held_s`: nothing is handed out for so long; what is free before waits for it, and what follows counts from it.
    """

    def __init__(self, sources: Iterable[Source], held_s: float = 0.0) -> None:
        self._from_s = held_s
        self._sources = [(each, _idle_s(each, held_s)) for each in _grouped(sources)]
        self._counts: dict[int, _Counted] = {}

    def wait(self, place: int) -> Wait:
        """`place`: 1 = next. Without sources: LONGEST_S."""
        p50 = self._reached(place, 0.5)
        return Wait(p50, min(LONGEST_S, max(p50, MARGIN * self._reached(place, 0.9))))

    def _reached(self, place: int, wanted: float) -> float:
        low, high = -1, len(_TIMES)  # the probability is below `wanted` at low, and not at high
        while high - low > 1:
            middle = (low + high) // 2
            if self._chance(place, middle) < wanted:
                low = middle
            else:
                high = middle
        if high == len(_TIMES):
            return LONGEST_S
        if high == 0:
            return self._from_s
        before, after = self._chance(place, low), self._chance(place, high)
        return self._from_s + _TIMES[low] + (_TIMES[high] - _TIMES[low]) * (wanted - before) / (after - before)

    def _chance(self, place: int, index: int) -> float:
        if index not in self._counts:
            self._counts[index] = self._counted(self._from_s + _TIMES[index])
        return _at_least(place, self._counts[index])

    def _counted(self, time_s: float) -> _Counted:
        each = [_of_source(source, time_s, idle_s) for source, idle_s in self._sources]
        doubt = sum(c.doubt for c in each)
        variance = sum(c.variance for c in each) + doubt * doubt
        return _Counted(sum(c.mean for c in each), variance, sum(c.third for c in each), doubt)


def forecast_wait(place: int, sources: Iterable[Source]) -> Wait:
    """For one place; for several, keep the Forecast."""
    return Forecast(sources).wait(place)


def _grouped(sources: Iterable[Source]) -> Sequence[Source]:
    """Sources of nearly the same age as one with their number: ages within 6 % (or a second) tell nothing apart."""
    found: dict[tuple[int, int, int, int], Source] = {}
    for each in sources:
        key = (id(each.life), id(each.next), _bucket(each.age_s), _bucket(each.delay_s))
        known = found.get(key)
        count = each.count + (known.count if known else 0)
        found[key] = Source(each.life, each.age_s, each.delay_s, count, each.next)
    return list(found.values())


def _bucket(seconds: float) -> int:
    return bisect_left(_TIMES, seconds)


def _of_source(source: Source, time_s: float, idle_s: float) -> _Counted:
    """Moments of "how many by time_s", times the number of such sources. P(N > k) for k = 0, 1, … gives them all."""
    k = _surely_over(source, time_s - idle_s)
    first, second, third = float(k), float(k**2), float(k**3)  # what the sums below are where P(N > k) is 1
    while (reached := _reached_by(source, time_s if k == 0 else time_s - idle_s, k)) >= 1e-4:
        first += reached
        second += (2 * k + 1) * reached
        third += (3 * k * k + 3 * k + 1) * reached
        k += 1
    variance = max(0.0, second - first * first)
    central = third - 3 * first * second + 2 * first**3
    mean = source.count * first
    return _Counted(mean, source.count * variance, source.count * central, mean * source.life.doubt)


def _idle_s(source: Source, held_s: float) -> float:
    """How long its first place, once free, is likely kept from the line: what follows comes so much later.

    The mean of (held - X)+ is the integral of P(X <= x) up to `held_s`.
    """
    left = held_s - source.delay_s
    if left <= 0:
        return 0.0
    step = left / IDLE_STEPS
    return step * sum(source.life.ended_within(source.age_s, step * (number + 0.5)) for number in range(IDLE_STEPS))


def _surely_over(source: Source, time_s: float) -> int:
    """Places that the source has freed by then, whatever happens."""
    if source.next is None or source.next.mean <= 0:
        return 0
    mean, variance = source.life.rest(source.age_s)
    left = time_s - source.delay_s - mean - SURELY * sqrt(variance)
    if left <= 0:
        return 0
    periods = left / source.next.mean
    return max(0, int(periods - SURELY * (1 + sqrt(periods * source.next.variance) / source.next.mean)))


def _reached_by(source: Source, time_s: float, k: int) -> float:
    """Probability that the source freed more than k places by then."""
    left = time_s - source.delay_s
    if left < 0:
        return 0.0
    if k == 0:
        return source.life.ended_within(source.age_s, left)
    if source.next is None:
        return 0.0
    mean, variance = source.life.rest(source.age_s)
    return _gamma_cdf(left, mean + k * source.next.mean, variance + k * source.next.variance)


def _gamma_cdf(x: float, mean: float, variance: float) -> float:
    """Of the gamma distribution with these moments: exact for sums of exponentials, near for the rest.

    Source: Wilson and Hilferty 1931, the cube root of a gamma variate is near to normal.
    """
    if variance < 1e-9 * mean * mean or mean <= 0:
        return 1.0 if x >= mean else 0.0
    shape = mean * mean / variance
    spread = 1 / (9 * shape)
    return _normal_cdf(((x / mean) ** (1 / 3) - (1 - spread)) / sqrt(spread))


def _at_least(place: int, counted: _Counted) -> float:
    """Probability of `place` or more."""
    if counted.variance < 1e-9:
        return 1.0 if counted.mean >= place - 0.5 else 0.0
    sigma = sqrt(counted.variance)
    z = (place - 0.5 - counted.mean) / sigma
    skew = counted.third / sigma**3
    below = _normal_cdf(z) - skew / 6 * (z * z - 1) * exp(-z * z / 2) / sqrt(2 * pi)
    return min(1.0, max(0.0, 1 - below))


def _normal_cdf(z: float) -> float:
    return 0.5 * (1 + erf(z / SQRT2))
