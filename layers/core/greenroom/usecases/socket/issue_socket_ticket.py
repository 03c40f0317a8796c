"""Issues the ticket (a secret, valid once) with which an agent connects to the Viewer socket (the WebSocket API).

The ticket is valid for one instance and one boot of that instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.socket.connection import TICKET_LIFETIME_S, PeerKind, Ticket
from greenroom.usecases.socket.check_boot import check_boot
from greenroom.usecases.socket.issue_ticket import store_ticket

if TYPE_CHECKING:
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasTickets
    from greenroom.ports.world import Clock, Secrets
    from greenroom.usecases.socket.issue_ticket import IssuedTicket

    class Ports(Clock, HasFleet, HasSessions, HasTickets, Secrets, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def issue_socket_ticket(instance_id: str, boot_nonce: str, ports: Ports) -> IssuedTicket:
    """Issues a ticket (a secret that is valid once) with which an instance's agent connects to the Viewer socket.

    Raises: UnknownInstance (this stack did not launch the instance, or the instance is Terminated), StaleBoot (the
    agent of a later boot has registered).
    """
    check_boot(instance_id, boot_nonce, ports)
    expires_at = ports.now() + TICKET_LIFETIME_S
    ticket = Ticket(kind=PeerKind.AGENT, expires_at=expires_at, instance_id=instance_id, boot_nonce=boot_nonce)
    return store_ticket(ticket, ports)
