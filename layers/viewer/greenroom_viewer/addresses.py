"""Where one deployment lets viewers in."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom_viewer.sign_in import HostedClient


@dataclass(frozen=True, slots=True)
class Addresses:
    """A deployment's HTTP API, its Viewer socket, and the pages that sign its users in."""

    api_url: str
    socket_url: str
    sign_in: HostedClient
