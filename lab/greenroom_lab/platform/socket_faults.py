"""What may happen to a frame on its way through the Viewer socket: nothing, or what API Gateway is allowed to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Direction(StrEnum):
    """Seen from the page."""

    UP = "page to relay"
    DOWN = "relay to page"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A frame that is passed on `after_s` from now."""

    after_s: float
    text: str


class SocketFaults(Protocol):
    """Decides what becomes of each frame."""

    def deliver(self, direction: Direction, text: str) -> Sequence[Delivery]:
        """None for a lost frame, two for a doubled one, a late one for a frame that is overtaken."""


class NoFaults:
    """Every frame arrives once, at once."""

    def deliver(self, direction: Direction, text: str) -> Sequence[Delivery]:
        return (Delivery(0.0, text),)


Fault = Callable[[str], Sequence[Delivery]]


def lost(text: str) -> Sequence[Delivery]:
    return ()


def doubled(text: str) -> Sequence[Delivery]:
    return (Delivery(0.0, text), Delivery(0.02, text))


def overtaken(text: str) -> Sequence[Delivery]:
    """Late enough for what follows to pass, and for the receiver to notice the gap."""
    return (Delivery(0.3, text),)


@dataclass(slots=True)
class FaultOnce:
    """Strikes the first frames that carry a signalling message: one fault per direction and kind, then peace.

    `struck` says what was hit, so that a test can tell that it tested something.
    """

    up: Fault | None = None
    down: Fault | None = None
    kinds: frozenset[str] = frozenset({"frame"})
    times: int = 1
    struck: list[tuple[Direction, str]] = field(default_factory=list)

    def deliver(self, direction: Direction, text: str) -> Sequence[Delivery]:
        fault = self.up if direction is Direction.UP else self.down
        hits = sum(1 for hit in self.struck if hit[0] is direction)
        if fault is None or hits >= self.times or (kind := str(json.loads(text).get("kind"))) not in self.kinds:
            return (Delivery(0.0, text),)
        self.struck.append((direction, kind))
        return fault(text)
