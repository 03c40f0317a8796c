"""What a slot needs of the parts that are bound to it."""

from collections.abc import Mapping
from typing import Any, Protocol


class Streamer(Protocol):
    """The slot's streamer door."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Says this to the streamer."""


class Supervisor(Protocol):
    """Who keeps the slot's process."""

    def ready(self) -> None:
        """The streamer identified itself."""

    def lost(self) -> None:
        """The streamer is not connected any more."""

    def restart(self) -> None:
        """Kill, wipe, start afresh."""

    def stop(self) -> None:
        """Kill, wipe."""

    def fail(self, detail: str) -> None:
        """Treat the process as one that ended by itself."""


class Socket(Protocol):
    """The Viewer socket."""

    @property
    def is_open(self) -> bool:
        """Whether a frame has a chance to arrive."""

    def send(self, frame: Mapping[str, Any]) -> None:
        """Sends or loses a frame."""
