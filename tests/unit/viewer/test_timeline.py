"""Stages in order, each measured from the one before."""

from __future__ import annotations

from greenroom_viewer.timeline import Timeline


def test_a_phase_lasts_from_the_mark_before_it() -> None:
    timeline = Timeline(marks=[("token", 10.5), ("claim", 10.6), ("first frame", 11.0)], started_at_s=10.0)
    assert {name: round(value) for name, value in timeline.durations_ms().items()} == {
        "token": 500,
        "claim": 100,
        "first frame": 400,
    }
    assert round(timeline.between_ms("token", "first frame")) == 500
    assert timeline.table().splitlines()[-1].split() == ["since", "click", "500", "ms"]


def test_the_first_mark_of_a_phase_counts() -> None:
    timeline = Timeline()
    timeline.mark("socket")
    first = timeline.marks[0]
    timeline.mark("socket")
    assert timeline.marks == [first]
