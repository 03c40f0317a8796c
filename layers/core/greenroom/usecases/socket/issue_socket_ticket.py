"""A socket ticket for an agent's own connection, bound to its instance and this boot."""

from __future__ import annotations

from greenroom.domain.socket.connection import TICKET_LIFETIME_S, PeerKind, Ticket
from greenroom.ports import Ports
from greenroom.usecases.socket.check_boot import check_boot
from greenroom.usecases.socket.issue_ticket import IssuedTicket, store_ticket


def issue_socket_ticket(instance_id: str, boot_nonce: str, ports: Ports) -> IssuedTicket:
    """Raises: UnknownInstance, StaleBoot."""
    check_boot(instance_id, boot_nonce, ports)
    expires_at = ports.now() + TICKET_LIFETIME_S
    ticket = Ticket(kind=PeerKind.AGENT, expires_at=expires_at, instance_id=instance_id, boot_nonce=boot_nonce)
    return store_ticket(ticket, ports)
