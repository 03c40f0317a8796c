"""The Viewer socket, its tickets, and the TURN server behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from greenroom.domain.socket.connection import AgentConnection, Connection, Ticket


class Tickets(Protocol):
    """Single-use socket tickets, stored under the hash of the secret."""

    def store(self, ticket_hash: str, ticket: Ticket) -> None: ...

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        """Use it up. Raises: TicketRefused (unknown, used, or past its time)."""


class Connections(Protocol):
    """Who is on the Viewer socket."""

    def store(self, connection: Connection) -> None:
        """A page's or an agent's connection; an agent's also becomes the one its instance is reached by."""

    def get(self, connection_id: str) -> Connection:
        """Raises: NotFound."""

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        """The page said hello again after its session changed slots. Only while the row exists."""

    def of_agent(self, instance_id: str) -> AgentConnection | None: ...

    def drop(self, connection_id: str) -> None:
        """The row goes; the agent's pointer only if it still names this connection."""


class Socket(Protocol):
    """Sending to an open connection."""

    def post(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        """Raises: ConnectionGone."""

    def close(self, connection_id: str) -> None:
        """Idempotent: a connection that is gone already is fine."""


class RelaySecret(Protocol):
    """What this stack and its TURN server both know."""

    def current(self, now: float) -> str:
        """Five minutes old at most. Raises: RelaySecretUnavailable."""


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
    """What peers connect through, without a TURN server of ours."""

    @property
    def ice_servers(self) -> Sequence[Mapping[str, Any]]:
        """RTCIceServer each."""


class HasTurn(Protocol):
    """The TURN server of this stack."""

    @property
    def turn_urls(self) -> Sequence[str]:
        """Empty: there is none."""

    @property
    def relay_secret(self) -> RelaySecret: ...
