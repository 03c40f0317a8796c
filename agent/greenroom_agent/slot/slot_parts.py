"""The interfaces of the parts that a slot (the place for one session on an instance) works with."""

from collections.abc import Mapping
from typing import Any, Protocol


class Streamer(Protocol):
    """The connection to the slot's streamer, the program that sends the video."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends a message to the streamer."""


class Supervisor(Protocol):
    """Starts, restarts and stops the slot's application process."""

    def ready(self) -> None:
        """Called when the streamer has identified itself: the process counts as ready."""

    def lost(self) -> None:
        """Called when the streamer is disconnected while its process runs."""

    def restart(self) -> None:
        """Ends the application process, empties its folder and starts a new process."""

    def stop(self) -> None:
        """Ends the application process and empties its folder. Starts no new process."""

    def fail(self, detail: str) -> None:
        """Ends and replaces an application process that no longer works, and reports `detail` as the reason."""


class Socket(Protocol):
    """The agent's connection to the Viewer socket, the WebSocket API between pages and agents."""

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, so that a frame that is sent now can arrive."""

    def send(self, frame: Mapping[str, Any]) -> None:
        """Sends a frame, or drops the frame while the connection is closed."""
