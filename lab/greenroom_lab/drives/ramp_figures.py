"""What a ramp is judged by: pure sums over samples, decisions, sessions and instances. Times are epoch seconds.

Worked example of `restored_passes`, targetIdle 4. At t=10 a sample shows 3 slots of headroom: a dip. A pass at t=11
wants 16 slots, has 12 and orders 2 more: still 2 short. The next, at t=12, wants 17, has 14 and orders 4. That one
restores the buffer (its instances are booting), so this dip took 2 passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One second of the ramp, in slots (and viewers)."""

    at: float
    demand: int  # viewers who asked and have not left
    busy: int
    free: int
    booting: int  # ordered, launching or booting, and resetting
    queued: int
    launched: int  # of all instances that EC2 runs
    spot_is_empty: bool = False

    @property
    def headroom(self) -> int:
        """Free and booting slots beyond those the line is waiting for."""
        return self.free + self.booting - self.queued


@dataclass(frozen=True, slots=True)
class Pass:
    """One planning pass, from its decision record."""

    at: float
    wanted: int
    supply: int
    ordered: int  # slots it launched or started

    @property
    def restores(self) -> bool:
        """All that was wanted is there or on its way."""
        return self.supply + self.ordered >= self.wanted


@dataclass(frozen=True, slots=True)
class Use:
    """One session on one instance."""

    instance_id: str
    began: float
    ended: float | None


def restored_passes(samples: Sequence[Sample], passes: Sequence[Pass], target_idle: int) -> int:
    """The most passes that lay between a dip of the headroom under targetIdle and its recovery."""
    worst = 0
    for number, sample in enumerate(samples):
        if sample.headroom >= target_idle:
            continue
        later = (each.at for each in samples[number + 1 :] if each.headroom >= target_idle)
        recovered = next(later, float("inf"))
        taken = 0
        for each in passes:
            if sample.at < each.at <= recovered:
                taken += 1
                if each.restores:
                    break
        worst = max(worst, taken)
    return worst


def dips(samples: Sequence[Sample], target_idle: int) -> list[tuple[float, float]]:
    """From the first sample below targetIdle to the next one that is not."""
    found: list[tuple[float, float]] = []
    begun: float | None = None
    for sample in samples:
        if sample.headroom < target_idle:
            begun = sample.at if begun is None else begun
        elif begun is not None:
            found.append((begun, sample.at))
            begun = None
    return [*found, (begun, samples[-1].at)] if begun is not None else found


def busy_taken(uses: Sequence[Use], ended_at: dict[str, float]) -> int:
    """Instances that were ended while a session was on them."""
    taken = {
        use.instance_id
        for use in uses
        if use.instance_id in ended_at
        and use.began < ended_at[use.instance_id] < (use.ended if use.ended is not None else float("inf"))
    }
    return len(taken)


def most_within(times: Sequence[float], window_s: float) -> int:
    """The most events in any window of this length."""
    ordered = sorted(times)
    return max((sum(first <= each < first + window_s for each in ordered) for first in ordered), default=0)
