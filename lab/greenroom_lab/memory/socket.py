"""Socket tickets and connections in memory."""

from __future__ import annotations

from dataclasses import replace

from greenroom.domain.errors import TicketRefused
from greenroom.domain.socket.connection import AgentConnection, Connection, PeerKind, Ticket

from greenroom_lab.memory.store import Memory


class MemoryTickets:
    """ports.Tickets."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def store(self, ticket_hash: str, ticket: Ticket) -> None:
        with self.memory.lock:
            self.memory.ticket_rows[ticket_hash] = ticket

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        with self.memory.lock:
            ticket = self.memory.ticket_rows.pop(ticket_hash, None)
        if ticket is None or ticket.expires_at <= now:
            raise TicketRefused("unknown, used or too old")
        return ticket


class MemoryConnections:
    """ports.Connections."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def store(self, connection: Connection) -> None:
        with self.memory.lock:
            self.memory.connection_rows[connection.connection_id] = connection
            if connection.kind is PeerKind.AGENT and connection.instance_id:
                pointer = AgentConnection(connection.instance_id, connection.connection_id, connection.boot_nonce or "")
                self.memory.agent_rows[connection.instance_id] = pointer

    def get(self, connection_id: str) -> Connection:
        with self.memory.lock:
            return self.memory.find("connection", self.memory.connection_rows, connection_id)

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        with self.memory.lock:
            if connection_id in self.memory.connection_rows:
                row = self.memory.connection_rows[connection_id]
                self.memory.connection_rows[connection_id] = replace(row, epoch=epoch)

    def of_agent(self, instance_id: str) -> AgentConnection | None:
        with self.memory.lock:
            return self.memory.agent_rows.get(instance_id)

    def drop(self, connection_id: str) -> None:
        with self.memory.lock:
            row = self.memory.connection_rows.pop(connection_id, None)
            if row is not None and row.instance_id is not None:
                pointer = self.memory.agent_rows.get(row.instance_id)
                if pointer is not None and pointer.connection_id == connection_id:
                    del self.memory.agent_rows[row.instance_id]
