"""A socket ticket for an agent's own connection, bound to its instance and this boot."""

from __future__ import annotations

from greenroom.domain.connection import TICKET_LIFETIME_S, PeerKind, Ticket
from greenroom.domain.errors import NotFound, StaleBoot, UnknownInstance
from greenroom.domain.instance import InstanceState
from greenroom.ports import Ports
from greenroom.usecases.issue_ticket import IssuedTicket, store_ticket


def issue_socket_ticket(instance_id: str, boot_nonce: str, ports: Ports) -> IssuedTicket:
    """Raises: UnknownInstance, StaleBoot."""
    try:
        instance = ports.instances.get(instance_id)
    except NotFound as error:
        raise UnknownInstance(instance_id) from error
    if instance.state is InstanceState.TERMINATED:
        raise UnknownInstance(instance_id)
    if instance.boot_nonce != boot_nonce:
        raise StaleBoot(instance_id)
    expires_at = ports.now() + TICKET_LIFETIME_S
    ticket = Ticket(kind=PeerKind.AGENT, expires_at=expires_at, instance_id=instance_id, boot_nonce=boot_nonce)
    return store_ticket(ticket, ports)
