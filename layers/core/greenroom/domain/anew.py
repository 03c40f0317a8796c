"""Optimistic writing: read a row, decide, and write only if nobody changed the row meanwhile; otherwise start over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

R = TypeVar("R")
B = TypeVar("B")
A = TypeVar("A")
ATTEMPTS = 6


def anew(
    decide: Callable[[], Callable[[], R]], *, lost: type[Exception], at_last: Exception, attempts: int = ATTEMPTS
) -> R:
    """Calls `decide`, which returns a write, and runs the write. Repeats both steps as long as the write raises `lost`.

    Returns the write's result.
    `decide` reads the present state and decides what to write. The write is conditional on the state that `decide`
    read.
    Example: two operators change one pool at the same time. The second operator's write is refused. So `decide` reads
    the pool again, with the first change in it, and the second change is written on top.
    Raises: `at_last`, when the write raised `lost` at each of `attempts` attempts. An error that `decide` itself raises
    ends the call at once, because `decide` raises to refuse the change.
    """
    for _ in range(attempts):
        write = decide()
        with suppress(lost):
            return write()
    raise at_last


@dataclass(frozen=True, slots=True)
class Changed(Generic[B, A]):
    """A change that was made to a stored value: the value before the change, and the value after it."""

    before: B
    after: A


def unchanged(value: R) -> Callable[[], R]:
    """Returns a write for `anew` that writes nothing and returns `value`: for a `decide` that finds nothing to do."""
    return lambda: value
