"""What a stage wants done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from greenroom_agent.control_plane.report import Report


@dataclass(frozen=True, slots=True)
class ConnectPlayer:
    """Ask the streamer for an offer to this player, by way of these ICE servers (None: those it has).

    `is_again`: a streamer that was away is told of a player it may have forgotten; the page stays in its join.
    """

    join_number: int
    ice_servers: tuple[Mapping[str, Any], ...] | None = field(default=None, repr=False)
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class DisconnectPlayer:
    """Take this player's picture away."""

    join_number: int


@dataclass(frozen=True, slots=True)
class ResetApplication:
    """Kill the process, wipe its folder, start a fresh one."""


@dataclass(frozen=True, slots=True)
class StopApplication:
    """Kill the process, wipe its folder, start nothing."""


@dataclass(frozen=True, slots=True)
class Linger:
    """Leave the picture to a viewer who is being moved; say when that took too long."""


Action = ConnectPlayer | DisconnectPlayer | ResetApplication | StopApplication | Linger | Report
