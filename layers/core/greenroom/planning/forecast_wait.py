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
"""The distances between the times for which probabilities are computed. Each time is the time before, multiplied by
STEP, but at least FIRST_S seconds later. Between two of these times the probability is interpolated linearly.
"""
_TIMES = [0.0]
while _TIMES[-1] < LONGEST_S:
    _TIMES.append(min(LONGEST_S, max(_TIMES[-1] + FIRST_S, _TIMES[-1] * STEP)))
MARGIN = 1.05
"""A factor on p90, for what session lengths do not tell: a claim takes time itself, and sessions may end together."""
SQRT2 = sqrt(2.0)


@dataclass(frozen=True, slots=True)
class Source:
    """Something that frees slots for the line: a running session and the sessions after it, or booting instances.

    A source stands for `count` equal slots. Each slot is freed for the first time after `delay_s`, plus the rest of a
    lifetime (distribution `life`) that has lasted `age_s` already. `next`: the distribution of the lengths of the later
    sessions on the slot, each of which frees the slot again when it ends. None: the slot is not freed again.
    """

    life: Lifetime
    age_s: float = 0.0
    delay_s: float = 0.0
    count: int = 1
    next: Lifetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A forecast of a wait, in seconds from now.

    With probability 0.5 the wait is at most `p50_s`, with probability 0.9 at most `p90_s`.
    """

    p50_s: float
    p90_s: float


@dataclass(frozen=True, slots=True)
class _Counted:
    """The distribution of the number of slots that are freed by one point in time, given by its moments."""

    mean: float = 0.0
    variance: float = 0.0
    third: float = 0.0  # central moment
    doubt: float = 0.0  # standard error of the mean; the mean errs in the same direction for all sources


class Forecast:
    """Forecasts the wait for any place in a pool's line, from the sources (what frees slots).

    `held_s`: for this long no slot is given to the line, because the viewers wait for a scheduled event to begin. Slots
    that are freed earlier remain unused until then, and the next sessions on these slots begin at that time.
    """

    def __init__(self, sources: Iterable[Source], held_s: float = 0.0) -> None:
        self._from_s = held_s
        self._sources = [(each, _idle_s(each, held_s)) for each in _grouped(sources)]
        self._counts: dict[int, _Counted] = {}

    def wait(self, place: int) -> Wait:
        """Returns how long the session at `place` in line (1 = next) will wait, at most LONGEST_S.

        The wait is LONGEST_S if no source will free a slot for this place.
        """
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
    """Returns the forecast for the wait at one place in line. For several places, one Forecast is faster."""
    return Forecast(sources).wait(place)


def _grouped(sources: Iterable[Source]) -> Sequence[Source]:
    """Merges sources (what frees slots) with equal lifetimes, whose ages and delays are about the same.

    Two ages, or two delays, may differ by less than 6 % or one second.
    """
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
    """Returns the moments of the number of slots that the source has freed by `time_s`, repeated ones included.

    The moments are sums over P(N > k) for k = 0, 1, ..., where N is how many times one slot of the source was freed.
    `idle_s`: how long a slot is expected to be unused before its next session begins.
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
    """Returns how long a slot is expected to be unused between the time at which it is freed and `held_s`.

    The source (something that will free a slot, such as a session) frees it at a random time X. Nobody may take the
    slot before `held_s`, so all later sessions on it are delayed. The result is the mean of max(0, held_s - X), which
    equals the integral of P(X <= x) up to `held_s`.
    """
    left = held_s - source.delay_s
    if left <= 0:
        return 0.0
    step = left / IDLE_STEPS
    return step * sum(source.life.ended_within(source.age_s, step * (number + 0.5)) for number in range(IDLE_STEPS))


def _surely_over(source: Source, time_s: float) -> int:
    """Returns how many times the source has certainly freed each of its slots by `time_s`."""
    if source.next is None or source.next.mean <= 0:
        return 0
    mean, variance = source.life.remaining(source.age_s)
    left = time_s - source.delay_s - mean - SURELY * sqrt(variance)
    if left <= 0:
        return 0
    periods = left / source.next.mean
    return max(0, int(periods - SURELY * (1 + sqrt(periods * source.next.variance) / source.next.mean)))


def _reached_by(source: Source, time_s: float, k: int) -> float:
    """Returns the probability that a slot of the source was freed more than k times by `time_s`."""
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
    """Returns the probability that a gamma variable with this mean and variance is at most x.

    The result is used for sums of session lengths: exact for sums of exponentials, else an approximation.
    Source: Wilson and Hilferty 1931, the cube root of a gamma variate is near to normal.
    """
    if variance < 1e-9 * mean * mean or mean <= 0:
        return 1.0 if x >= mean else 0.0
    shape = mean * mean / variance
    spread = 1 / (9 * shape)
    return _normal_cdf(((x / mean) ** (1 / 3) - (1 - spread)) / sqrt(spread))


def _at_least(place: int, counted: _Counted) -> float:
    """Returns the probability that at least `place` slots are freed, given the moments of their number."""
    if counted.variance < 1e-9:
        return 1.0 if counted.mean >= place - 0.5 else 0.0
    sigma = sqrt(counted.variance)
    z = (place - 0.5 - counted.mean) / sigma
    skew = counted.third / sigma**3
    below = _normal_cdf(z) - skew / 6 * (z * z - 1) * exp(-z * z / 2) / sqrt(2 * pi)
    return min(1.0, max(0.0, 1 - below))


def _normal_cdf(z: float) -> float:
    return 0.5 * (1 + erf(z / SQRT2))
