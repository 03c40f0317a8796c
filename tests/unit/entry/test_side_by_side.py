"""Calls side by side: in order, truly at once, and none left behind when one fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
from greenroom.entry.side_by_side import AT_ONCE, side_by_side
from greenroom_lab.memory.ports import FakePorts


def test_answers_come_in_the_order_of_the_calls_though_later_ones_end_first() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 * (3 - number))
        return number

    assert side_by_side([lambda one=number: work(one) for number in range(4)]) == [0, 1, 2, 3]
    assert side_by_side([lambda: "alone"]) == ["alone"]
    assert side_by_side([]) == []


def test_as_many_run_at_once_as_a_client_keeps_connections_for() -> None:
    meeting = threading.Barrier(AT_ONCE, timeout=5)
    assert sorted(side_by_side([meeting.wait] * AT_ONCE)) == list(range(AT_ONCE))


@pytest.mark.parametrize("at_work", [side_by_side, FakePorts().side_by_side], ids=["threads", "fake"])
def test_one_that_fails_stops_none_of_the_others(at_work: Callable[[Sequence[Callable[[], None]]], object]) -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ValueError, match="0"):
        at_work([lambda one=number: work(one) for number in range(20)])
    assert sorted(done) == list(range(1, 20))
