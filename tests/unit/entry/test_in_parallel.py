"""Calls side by side: in order, truly at once, and none left behind when one fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
from greenroom.entry.in_parallel import AT_ONCE, in_parallel
from greenroom_lab.memory.ports import FakePorts


def test_answers_come_in_the_order_of_the_calls_though_later_ones_end_first() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 * (3 - number))
        return number

    assert in_parallel([lambda one=number: work(one) for number in range(4)]) == [0, 1, 2, 3]
    assert in_parallel([lambda: "alone"]) == ["alone"]
    assert in_parallel([]) == []


def test_as_many_run_at_once_as_a_client_keeps_connections_for() -> None:
    meeting = threading.Barrier(AT_ONCE, timeout=5)
    assert sorted(in_parallel([meeting.wait] * AT_ONCE)) == list(range(AT_ONCE))


@pytest.mark.parametrize("at_work", [in_parallel, FakePorts().in_parallel], ids=["threads", "fake"])
def test_one_that_fails_stops_none_of_the_others(at_work: Callable[[Sequence[Callable[[], None]]], object]) -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ValueError, match="0"):
        at_work([lambda one=number: work(one) for number in range(20)])
    assert sorted(done) == list(range(1, 20))
