"""Ports for the Viewer socket (the WebSocket of pages and agents), its tickets, and the TURN server's secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from greenroom.domain.socket.connection import AgentConnection, Connection, Ticket


class Tickets(Protocol):
    """Single-use tickets, with which pages and agents connect to the Viewer socket. They are stored under a hash."""

    def store(self, ticket_hash: str, ticket: Ticket) -> None: ...

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        """Returns the ticket and uses it up. Raises: TicketRefused (the ticket is unknown, used, or expired)."""


class Connections(Protocol):
    """The rows of the open connections of the Viewer socket (the WebSocket of pages and agents)."""

    def store(self, connection: Connection) -> None:
        """Stores the new connection of a page or an agent.

        If it is an agent's, frames for the agent's instance are sent on this connection from now on.
        """

    def get(self, connection_id: str) -> Connection:
        """Reads the connection. Raises: NotFound (the connection is closed, or never existed)."""

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        """Sets the epoch (fencing number of the slot) of a page's connection, after its session moved to another slot.

        Nothing happens if the connection has no row.
        """

    def of_agent(self, instance_id: str) -> AgentConnection | None: ...

    def drop(self, connection_id: str) -> None:
        """Deletes the connection's row. If it was an agent's, frames can no longer be sent to the agent's instance."""


class Socket(Protocol):
    """Sends frames to the open connections of the Viewer socket."""

    def post(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        """Sends the frame to the connection. Raises: ConnectionGone (the connection is closed)."""

    def close(self, connection_id: str) -> None:
        """Closes the connection. If the connection is closed already, nothing happens."""


class RelaySecret(Protocol):
    """The secret that this stack and its TURN server share."""

    def current(self, now: float) -> str:
        """Returns the secret as it was at most five minutes ago. Raises: RelaySecretUnavailable."""


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
    """The ICE servers that page and agent use when the stack has no TURN server."""

    @property
    def ice_servers(self) -> Sequence[Mapping[str, Any]]:
        """The ICE servers, each as a mapping with the keys of the browser's RTCIceServer."""


class HasTurn(Protocol):
    """The stack's TURN server."""

    @property
    def turn_urls(self) -> Sequence[str]:
        """The addresses of the stack's TURN server; empty when the stack has no TURN server."""

    @property
    def relay_secret(self) -> RelaySecret: ...
