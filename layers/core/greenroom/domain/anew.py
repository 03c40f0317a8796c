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
    """Calls `decide`, which returns a write, and runs the write; does both again while the write raises `lost`.

    Returns the write's result.
    `decide` reads the present state and decides; its write is conditional on the state that was read. Example: two
    operators change one pool at the same time. The second write is refused, so the second change is decided and written
    again, on top of the first.
    Raises: `at_last`, when the write raised `lost` at all `attempts`; whatever `decide` itself raises, without another
    attempt, because `decide` raises to refuse the change.
    """
    for _ in range(attempts):
        write = decide()
        with suppress(lost):
            return write()
    raise at_last


@dataclass(frozen=True, slots=True)
class Changed(Generic[B, A]):
    """A change that was made: the value that was read, and the value that replaced it."""

    before: B
    after: A


def unchanged(value: R) -> Callable[[], R]:
    """A write for `anew` that writes nothing and returns `value`."""
    return lambda: value
