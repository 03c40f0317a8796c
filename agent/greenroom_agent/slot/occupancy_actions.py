"""The actions that the rules of a slot (occupancy.py) ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from greenroom_agent.control_plane.report import Report


@dataclass(frozen=True, slots=True)
class ConnectPlayer:
    """Ask the streamer to connect to the page with this join number and to send video.

    `ice_servers`: STUN and TURN servers for this page; None: the streamer keeps the servers that it has. `is_again`:
    the streamer has reconnected and may have forgotten the page, which does not join again.
    """

    join_number: int
    ice_servers: tuple[Mapping[str, Any], ...] | None = field(default=None, repr=False)
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class DisconnectPlayer:
    """End the video of the page with this join number."""

    join_number: int


@dataclass(frozen=True, slots=True)
class ResetApplication:
    """End the application process, empty its folder and start a new process."""


@dataclass(frozen=True, slots=True)
class StopApplication:
    """End the application process and empty its folder; start no new process."""


@dataclass(frozen=True, slots=True)
class Linger:
    """Keep streaming for a while to a viewer whose session is moving to another instance."""


Action = ConnectPlayer | DisconnectPlayer | ResetApplication | StopApplication | Linger | Report
