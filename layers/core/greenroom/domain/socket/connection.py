"""The Viewer socket's tickets and connections. A page has one connection per session, an agent one per instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

TICKET_LIFETIME_S = 60
"""How long a join ticket can be used. Source: AppStream streaming URLs."""
CONNECTION_LIFETIME_S = 2 * 3600 + 600
"""How long a connection's row is kept, in case its end is never reported.

Source: API Gateway WebSocket, 2 h at most.
"""


class PeerKind(StrEnum):
    """Which of the two peers of a picture a connection belongs to."""

    PAGE = "viewer"  # a viewer's page, for one session
    AGENT = "agent"  # an instance's agent, for all its slots


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a socket ticket admits to: a page's names its session and epoch, an agent's its instance and boot nonce."""

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
    """An open connection.

    A page's `epoch` and `join_number` are compared, so that an outdated page's frames are refused.
    """

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
    """The connection through which an instance's agent is reached."""

    instance_id: str
    connection_id: str
    boot_nonce: str = field(repr=False)
