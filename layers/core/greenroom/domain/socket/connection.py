"""The Viewer socket (a WebSocket): its connections, and the tickets (single-use secrets) with which they are opened.

A viewer's page opens one connection per session; an agent opens one per instance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

TICKET_LIFETIME_S = 60
"""For how many seconds a page or an agent can use its ticket. Source: AppStream streaming URLs."""
CONNECTION_LIFETIME_S = 2 * 3600 + 600
"""For how many seconds a connection's row is kept if API Gateway never reports that the connection closed.
Source: API Gateway WebSocket, 2 h at most.
"""


class PeerKind(StrEnum):
    """Whether a connection belongs to a viewer's page or to an instance's agent."""

    PAGE = "viewer"  # a viewer's page, for one session
    AGENT = "agent"  # an instance's agent, for all its slots


@dataclass(frozen=True, slots=True)
class Ticket:
    """A single-use secret with which a page or an agent may connect to the Viewer socket.

    A page's ticket names its session and the epoch (fencing number) of the session's slot. An agent's ticket names its
    instance and the boot nonce (a random id of the agent's boot).
    """

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
    """An open connection of a page or an agent to the Viewer socket.

    A page's `epoch` (fencing number of its slot) and `join_number` (a count of the pages that have shown the session)
    are compared with the session's, so that frames from an outdated page are refused.
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
    """The connection on which frames for an instance are sent to the instance's agent."""

    instance_id: str
    connection_id: str
    boot_nonce: str = field(repr=False)
