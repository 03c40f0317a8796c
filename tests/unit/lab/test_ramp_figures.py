"""The sums that judge a ramp."""

from __future__ import annotations

from pathlib import Path

import pytest
from greenroom_lab.drives.ramp_figures import Pass, Sample, Use, busy_taken, dips, most_within, restored_passes

IDLE = 4


def sample(at: float, headroom: int, queued: int = 0) -> Sample:
    return Sample(at, demand=5, busy=5, free=headroom, booting=0, queued=queued, launched=10)


def test_the_worked_example_takes_two_passes() -> None:
    samples = [sample(9, 4), sample(10, 3), sample(11, 2), sample(12, 1), sample(13, 4)]
    passes = [Pass(11, 16, 12, 2), Pass(12, 17, 14, 4), Pass(12.5, 17, 18, 0)]
    assert restored_passes(samples, passes, IDLE) == 2
    assert dips(samples, IDLE) == [(10, 13)]


def test_demand_that_keeps_rising_makes_new_dips_and_not_one_long_one() -> None:
    """Each pass restores what was wanted when it looked; the next claim is the next dip."""
    samples = [sample(float(at), 3) for at in range(10)] + [sample(10, 4)]
    passes = [Pass(at + 0.5, 10 + at, 8 + at, 2) for at in range(10)]
    assert restored_passes(samples, passes, IDLE) == 1


def test_a_pass_that_never_restores_counts_until_the_dip_is_over() -> None:
    samples = [sample(0, 3), sample(1, 3), sample(2, 3), sample(3, 5), sample(4, 5)]
    passes = [Pass(at, 10, 6, 0) for at in (0.5, 1.5, 2.5, 3.5)]
    assert restored_passes(samples, passes, IDLE) == 3


def test_slots_that_the_line_waits_for_are_no_headroom() -> None:
    assert sample(0, 6, queued=3).headroom == 3
    assert restored_passes([sample(0, 4)], [], IDLE) == 0
    assert dips([sample(0, 6, queued=3), sample(1, 1)], IDLE) == [(0, 1)]


@pytest.mark.parametrize(
    ("began", "ended", "taken"),
    [(10.0, None, 1), (10.0, 60.0, 1), (10.0, 40.0, 0), (55.0, 60.0, 0)],
    ids=["still there", "ended later", "gone before", "came later, on another life of the id"],
)
def test_an_instance_is_taken_busy_when_it_ends_within_a_session(began: float, ended: float | None, taken: int) -> None:
    assert busy_taken([Use("i-1", began, ended), Use("i-2", 0, None)], {"i-1": 50.0}) == taken


def test_a_tight_loop_shows_as_many_requests_in_a_window() -> None:
    assert most_within([0, 1, 2, 30, 31, 32, 33], 10) == 4
    assert most_within([], 10) == 0


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    from greenroom_lab.drives.ramp_picture import draw_ramp  # brings matplotlib

    fleets = [{"at": 3.0, "market": "spot", "launched": 1}, {"at": 5.0, "market": "on-demand", "launched": 0}]
    draw_ramp([sample(float(at), 4) for at in range(10)], fleets, "a ramp", tmp_path / "ramp.png")
    assert (tmp_path / "ramp.png").read_bytes().startswith(b"\x89PNG")
