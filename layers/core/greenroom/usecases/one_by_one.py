"""Makes several calls one after the other, so that a failed one does not keep the others from being made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from greenroom.domain.errors import StoreBusy

T = TypeVar("T")
R = TypeVar("R")


def one_by_one(things: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """Calls `work` for each thing and returns the results.

    If calls failed, the first error is raised after all were made; StoreBusy before any other, because the same
    call may succeed a little later.
    Example: EC2 refuses to end the first of three instances. The other two are ended, then the refusal is raised.
    """
    answers: list[R] = []
    failures: list[Exception] = []
    for each in things:
        try:
            answers.append(work(each))
        except Exception as failure:  # kept, and raised below
            failure.add_note(str(each))
            failures.append(failure)
    if failures:
        raise next((each for each in failures if isinstance(each, StoreBusy)), failures[0])
    return answers
