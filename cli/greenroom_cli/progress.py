"""How long work is shown to those who wait for it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """Told by deploying and destroying; the command shows it on a terminal, in a log or not at all."""

    def step(self, text: str) -> AbstractContextManager[None]:
        """Work that takes a while, begun and ended; what is raised inside passes through."""

    def say(self, text: str) -> None:
        """One line that stays."""
