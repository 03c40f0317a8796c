"""Ports for time, ids, secrets, randomness and parallelism. With fakes behind these ports, tests are repeatable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol, TypeVar

R = TypeVar("R")


class Clock(Protocol):
    """Tells the current time."""

    def now(self) -> float:
        """The current time in epoch seconds."""


class Ids(Protocol):
    """Makes new ids."""

    def new_id(self, prefix: str) -> str:
        """Makes an id with the given prefix, like `ses-...`. Ids sort by time of making, and cannot be guessed."""


class Secrets(Protocol):
    """Makes new secrets."""

    def new_secret(self) -> str:
        """Makes a random text that is too long to be guessed."""


class Rng(Protocol):
    """The generator of random numbers."""

    @property
    def rng(self) -> Random: ...


class InParallel(Protocol):
    """Runs several calls in parallel."""

    def in_parallel(self, works: Sequence[Callable[[], R]]) -> list[R]:
        """Runs all `works` in parallel and returns their results in order. Waits for the network overlap."""
