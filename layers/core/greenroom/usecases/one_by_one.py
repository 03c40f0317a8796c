"""Makes several calls one after the other. When a call fails, the other calls are still made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from greenroom.domain.errors import StoreBusy

T = TypeVar("T")
R = TypeVar("R")


def one_by_one(things: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """Calls `work` for each of the things, even after a call has failed, and returns the results in order.

    If calls have failed, one of their errors is raised after the last call. This is the first StoreBusy (the database
    was too busy, so the same call may succeed a little later), or else the first error of any kind.
    Example: EC2 refuses to terminate the first of three instances. The other two are terminated, then the refusal is
    raised.
    """
    answers: list[R] = []
    failures: list[Exception] = []
    for each in things:
        try:
            answers.append(work(each))
        except Exception as failure:  # the error is kept, and raised below
            failure.add_note(str(each))
            failures.append(failure)
    if failures:
        raise next((each for each in failures if isinstance(each, StoreBusy)), failures[0])
    return answers
