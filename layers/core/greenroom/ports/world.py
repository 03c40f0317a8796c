"""Time, ids, secrets, randomness and parallelism. Use cases get them as ports, so that tests can repeat them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol, TypeVar

R = TypeVar("R")


class Clock(Protocol):
    """The current time."""

    def now(self) -> float:
        """The current time, epoch seconds."""


class Ids(Protocol):
    """Makes new ids."""

    def new_id(self, prefix: str) -> str:
        """A new id like `ses-...`, with the given prefix: sorts by time, cannot be guessed."""


class Secrets(Protocol):
    """Makes new secrets."""

    def new_secret(self) -> str:
        """A new text that is too long to be guessed."""


class Rng(Protocol):
    """Randomness."""

    @property
    def rng(self) -> Random: ...


class InParallel(Protocol):
    """Runs several calls in parallel."""

    def in_parallel(self, works: Sequence[Callable[[], R]]) -> list[R]:
        """Runs all `works` and returns their results in order. Calls that wait for the network overlap."""
