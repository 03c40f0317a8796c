"""What makes a use case repeatable in tests: time, ids, secrets, chance and concurrency are given to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol, TypeVar

R = TypeVar("R")


class Clock(Protocol):
    """The time."""

    def now(self) -> float:
        """Epoch seconds."""


class Ids(Protocol):
    """Names nobody had before."""

    def new_id(self, prefix: str) -> str:
        """`ses-…`: sorts by time, cannot be guessed."""


class Secrets(Protocol):
    """Texts that only one may know."""

    def new_secret(self) -> str:
        """Long enough that nobody guesses it."""


class Dice(Protocol):
    """Chance."""

    @property
    def dice(self) -> Random: ...


class SideBySide(Protocol):
    """Several calls at a time."""

    def side_by_side(self, works: Sequence[Callable[[], R]]) -> list[R]:
        """What each answered, in order; several at a time where they wait for the network."""
