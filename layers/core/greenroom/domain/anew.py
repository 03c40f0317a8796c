"""Read, decide, write if nobody was faster; else read and decide again."""

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
    """What the write answers that `decide` gave: it reads and decides, and is asked anew while its write is `lost`.

    Example: two operators change one pool; the second one's write is refused, and its change is made of what the first
    one left. Raises: `at_last`, when others kept changing it; what `decide` raises, at once: that is a refusal.
    """
    for _ in range(attempts):
        write = decide()
        with suppress(lost):
            return write()
    raise at_last


@dataclass(frozen=True, slots=True)
class Changed(Generic[B, A]):
    """What was read, and what was written over it."""

    before: B
    after: A


def unchanged(value: R) -> Callable[[], R]:
    """The write of nothing: it answers what stands."""
    return lambda: value
