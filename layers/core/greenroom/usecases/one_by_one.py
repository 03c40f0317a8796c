"""Many calls of which none may keep the others from being made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def one_by_one(things: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """What `work` answered for each. A failure stops none of the others: the first is raised when all had their turn.

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
        raise failures[0]
    return answers
