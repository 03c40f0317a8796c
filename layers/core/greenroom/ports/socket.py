"""Ports for the Viewer socket, its tickets, and the TURN server's secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from greenroom.domain.socket.connection import AgentConnection, Connection, Ticket


class Tickets(Protocol):
    """Single-use socket tickets, stored under the hash of their secret."""

    def store(self, ticket_hash: str, ticket: Ticket) -> None: ...

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        """Returns the ticket and uses it up. Raises: TicketRefused (unknown, used, or expired)."""


class Connections(Protocol):
    """The open connections of the Viewer socket."""

    def store(self, connection: Connection) -> None:
        """Stores a page's or an agent's connection.

        An agent's becomes the one through which its instance is reached.
        """

    def get(self, connection_id: str) -> Connection:
        """Raises: NotFound."""

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        """Sets the connection's epoch, when the page says hello again after a move. Only while the row exists."""

    def of_agent(self, instance_id: str) -> AgentConnection | None: ...

    def drop(self, connection_id: str) -> None:
        """Deletes the connection's row. The agent's pointer is deleted only if it still names this connection."""


class Socket(Protocol):
    """Sends frames to open connections."""

    def post(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        """Raises: ConnectionGone."""

    def close(self, connection_id: str) -> None:
        """Closes the connection. Idempotent: it is fine if it is closed already."""


class RelaySecret(Protocol):
    """The secret that this stack and its TURN server share."""

    def current(self, now: float) -> str:
        """The secret, read at most five minutes ago. Raises: RelaySecretUnavailable."""


# -- roles


class HasTickets(Protocol):
    @property
    def tickets(self) -> Tickets: ...


class HasConnections(Protocol):
    @property
    def connections(self) -> Connections: ...


class HasSocket(Protocol):
    @property
    def socket(self) -> Socket: ...


class HasIceServers(Protocol):
    """The ICE servers that peers use when the stack has no TURN server."""

    @property
    def ice_servers(self) -> Sequence[Mapping[str, Any]]:
        """Each is an RTCIceServer."""


class HasTurn(Protocol):
    """The stack's TURN server."""

    @property
    def turn_urls(self) -> Sequence[str]:
        """Empty when the stack has no TURN server."""

    @property
    def relay_secret(self) -> RelaySecret: ...
