"""A failure among many calls."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import Conflict, StoreBusy
from greenroom.usecases.one_by_one import one_by_one


def called(*failures: Exception | None) -> tuple[list[int], Exception | None]:
    """Which of the calls were made, and what was raised in the end."""
    made: list[int] = []

    def work(number: int) -> None:
        made.append(number)
        failure = failures[number]
        if failure is not None:
            raise failure

    try:
        one_by_one(range(len(failures)), work)
    except Exception as raised:
        return made, raised
    return made, None


def test_every_call_is_made_and_the_first_failure_raised() -> None:
    first, second = Conflict("pool", "first"), RuntimeError("second")
    assert called(None, first, second, None) == ([0, 1, 2, 3], first)
    assert called(None, None) == ([0, 1], None)


@pytest.mark.parametrize("others", [(Conflict("pool", "x"),), (RuntimeError("x"), Conflict("pool", "y"))])
def test_what_the_same_call_may_get_over_is_raised_before_any_other(others: tuple[Exception, ...]) -> None:
    busy = StoreBusy("a table")
    assert called(*others, busy, StoreBusy("another"))[1] is busy
