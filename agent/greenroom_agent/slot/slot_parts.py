"""The interfaces of the parts that a slot works with."""

from collections.abc import Mapping
from typing import Any, Protocol


class Streamer(Protocol):
    """The slot's streamer endpoint."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends a message to the streamer."""


class Supervisor(Protocol):
    """Starts, restarts and stops the slot's application process."""

    def ready(self) -> None:
        """The streamer has identified itself."""

    def lost(self) -> None:
        """The streamer is disconnected."""

    def restart(self) -> None:
        """Ends the process, empties its folder and starts a new process."""

    def stop(self) -> None:
        """Ends the process and empties its folder."""

    def fail(self, detail: str) -> None:
        """Treats the process as one that ended by itself, for this reason."""


class Socket(Protocol):
    """The Viewer socket."""

    @property
    def is_open(self) -> bool:
        """Whether a frame that is sent now can arrive."""

    def send(self, frame: Mapping[str, Any]) -> None:
        """Sends a frame, or drops it while the socket is closed."""
