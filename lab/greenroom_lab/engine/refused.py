"""Why one of the engine's own doors did not do what it was asked."""

from __future__ import annotations


class Refused(Exception):
    """The request cannot be done: HTTP status and one sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
