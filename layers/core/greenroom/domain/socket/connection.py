"""Who may come onto the Viewer socket, and who is on it: pages (one per session) and agents (one per instance)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

TICKET_LIFETIME_S = 60
"""A join ticket lives this long. Source: AppStream streaming URLs."""
CONNECTION_LIFETIME_S = 2 * 3600 + 600
"""How long a connection's row may outlive it. Source: API Gateway WebSocket, 2 h at most."""


class PeerKind(StrEnum):
    """Which side of a picture a connection is."""

    PAGE = "viewer"  # a viewer's page, for one session
    AGENT = "agent"  # an instance's agent, for all its slots


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a socket ticket admits to. A page's names session and epoch, an agent's instance and boot nonce."""

    kind: PeerKind
    expires_at: float
    session_id: str | None = None
    epoch: int | None = None
    resume_join: int | None = None
    viewer_id: str | None = None
    instance_id: str | None = None
    boot_nonce: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection. `epoch` and `join_number` are a page's own and fence what it sends."""

    connection_id: str
    kind: PeerKind
    expires_at: float
    session_id: str | None = None
    epoch: int | None = None
    join_number: int | None = None
    viewer_id: str | None = None
    instance_id: str | None = None
    boot_nonce: str | None = None


@dataclass(frozen=True, slots=True)
class AgentConnection:
    """The connection an instance is reached by."""

    instance_id: str
    connection_id: str
    boot_nonce: str = field(repr=False)
