"""Forecasts how long each place in line will wait, as p50 and p90, from running sessions and starting instances. Pure.

A source is what frees slots for the line: for example a running session that ends, then the session after it on the
same slot, and so on. For each source, the mean, variance and third moment of "slots freed by time t" are computed from
what is known of its next ending and of those that follow. The sum over all sources is nearly normally distributed,
refined by its skewness. The wait of place n is the first t at which n slots are freed with probability 0.5 (p50) or 0.9
(p90).
Source: Hong 2013, On computing the distribution function for the Poisson binomial distribution (refined normal).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import erf, exp, pi, sqrt

from greenroom.planning.lifetimes import Lifetime

LONGEST_S = 24 * 3600.0
"""The longest wait that is forecast."""
SURELY = 6.0
"""An ending that was expected this many standard deviations ago is taken as certain: it is counted without computing
its probability.
"""
IDLE_STEPS = 32
"""The number of steps of the numerical integral over the time until an event begins."""
STEP, FIRST_S = 1.06, 1.0
"""The distances between the times for which probabilities are computed: a factor from one time to the next, or at least
so many seconds.
Between two of these times the probability is interpolated linearly.
"""
_TIMES = [0.0]
while _TIMES[-1] < LONGEST_S:
    _TIMES.append(min(LONGEST_S, max(_TIMES[-1] + FIRST_S, _TIMES[-1] * STEP)))
MARGIN = 1.05
"""A factor on p90, for what session lengths do not tell: a claim takes time itself, and sessions may end together."""
SQRT2 = sqrt(2.0)


@dataclass(frozen=True, slots=True)
class Source:
    """What frees slots for the line: a running session and the sessions after it on its slot, or booting instances.

    It frees `count` slots: first after `delay_s` plus what is left of a `life` that is `age_s` old, and then again and
    again, each time after a `next`.
    `next`: the distribution of the lives that follow; None when no slot is freed again.
    """

    life: Lifetime
    age_s: float = 0.0
    delay_s: float = 0.0
    count: int = 1
    next: Lifetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A forecast of a wait, in seconds from now. The true wait is shorter than `p90_s` nine times in ten."""

    p50_s: float
    p90_s: float


@dataclass(frozen=True, slots=True)
class _Counted:
    """The distribution of the number of slots that are freed by one point in time, as its moments."""

    mean: float = 0.0
    variance: float = 0.0
    third: float = 0.0  # central moment
    doubt: float = 0.0  # standard error of the mean; the mean errs in the same direction for all sources


class Forecast:
    """The forecast for a pool with these sources (what frees slots); `wait` answers for any place in line.

    A probability is computed when it is first needed.
    `held_s`: no slot is given to the line for this long, because viewers wait for an event to begin. Slots that are
    freed earlier remain unused until then, and the next sessions on them begin at that time.
    """

    def __init__(self, sources: Iterable[Source], held_s: float = 0.0) -> None:
        self._from_s = held_s
        self._sources = [(each, _idle_s(each, held_s)) for each in _grouped(sources)]
        self._counts: dict[int, _Counted] = {}

    def wait(self, place: int) -> Wait:
        """How long the session at this place in line (1 = next) will wait. LONGEST_S if nothing will free a slot."""
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
    """The forecast for a single place in line. To ask for several places, keep a Forecast."""
    return Forecast(sources).wait(place)


def _grouped(sources: Iterable[Source]) -> Sequence[Source]:
    """Merges sources (things that will free slots) whose ages and delays differ by less than 6 % or one second."""
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
    """The moments of the number of slots that `count` equal sources have freed by `time_s`.

    They are sums over P(N > k) for k = 0, 1, ...
    """
    k = _surely_over(source, time_s - idle_s)
    first, second, third = float(k), float(k**2), float(k**3)  # the sums below, over those k for which P(N > k) is 1
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
    """How long the first slot that the source frees is expected to be unused until `held_s`.

    All later sessions on that slot are delayed by this time.
    The mean of (held - X)+ is the integral of P(X <= x) up to `held_s`.
    """
    left = held_s - source.delay_s
    if left <= 0:
        return 0.0
    step = left / IDLE_STEPS
    return step * sum(source.life.ended_within(source.age_s, step * (number + 0.5)) for number in range(IDLE_STEPS))


def _surely_over(source: Source, time_s: float) -> int:
    """The number of slots that the source has certainly freed by `time_s`."""
    if source.next is None or source.next.mean <= 0:
        return 0
    mean, variance = source.life.remaining(source.age_s)
    left = time_s - source.delay_s - mean - SURELY * sqrt(variance)
    if left <= 0:
        return 0
    periods = left / source.next.mean
    return max(0, int(periods - SURELY * (1 + sqrt(periods * source.next.variance) / source.next.mean)))


def _reached_by(source: Source, time_s: float, k: int) -> float:
    """The probability that the source has freed more than k slots by `time_s`."""
    left = time_s - source.delay_s
    if left < 0:
        return 0.0
    if k == 0:
        return source.life.ended_within(source.age_s, left)
    if source.next is None:
        return 0.0
    mean, variance = source.life.remaining(source.age_s)
    return _gamma_cdf(left, mean + k * source.next.mean, variance + k * source.next.variance)


def _gamma_cdf(x: float, mean: float, variance: float) -> float:
    """The probability that a gamma variable with this mean and variance is at most x.

    Exact for sums of exponentials, an approximation for other distributions.
    Source: Wilson and Hilferty 1931, the cube root of a gamma variate is near to normal.
    """
    if variance < 1e-9 * mean * mean or mean <= 0:
        return 1.0 if x >= mean else 0.0
    shape = mean * mean / variance
    spread = 1 / (9 * shape)
    return _normal_cdf(((x / mean) ** (1 / 3) - (1 - spread)) / sqrt(spread))


def _at_least(place: int, counted: _Counted) -> float:
    """The probability that at least `place` slots are freed, given the moments of their number."""
    if counted.variance < 1e-9:
        return 1.0 if counted.mean >= place - 0.5 else 0.0
    sigma = sqrt(counted.variance)
    z = (place - 0.5 - counted.mean) / sigma
    skew = counted.third / sigma**3
    below = _normal_cdf(z) - skew / 6 * (z * z - 1) * exp(-z * z / 2) / sqrt(2 * pi)
    return min(1.0, max(0.0, 1 - below))


def _normal_cdf(z: float) -> float:
    return 0.5 * (1 + erf(z / SQRT2))
