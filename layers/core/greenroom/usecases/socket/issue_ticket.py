"""Issues tickets for the Viewer socket (the WebSocket API). A ticket is 32 random bytes that admit one connection.

Only the hash of a ticket is stored.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound, SessionHasEnded
from greenroom.domain.session.session import epoch_of
from greenroom.domain.socket.connection import TICKET_LIFETIME_S, PeerKind, Ticket

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasTickets
    from greenroom.ports.world import Clock, Secrets

    class Ports(Clock, HasSessions, HasTickets, Secrets, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A new ticket: its secret, which is never shown again, and when it expires (epoch seconds).

    A ticket admits one connection to the Viewer socket (the WebSocket API).
    """

    ticket: str = field(repr=False)
    expires_at: float


def hash_of(ticket: str) -> str:
    """Returns the hash of a ticket's secret. The hash is stored, the secret is not.

    The hash needs no salt, because a ticket has 256 random bits.
    """
    return hashlib.sha256(ticket.encode()).hexdigest()


def issue_ticket(session_id: str, viewer_id: str, resume_join: int | None, ports: Ports) -> IssuedTicket:
    """Issues a ticket (a secret that is valid once) with which a viewer's page connects to the Viewer socket.

    The ticket is valid for a short time, and only while the session keeps its present slot.
    `resume_join`: the join number of a page that only reconnects, else None. The join number counts the pages that have
    shown the session.
    Raises: NotFound (also when the session belongs to another viewer), SessionHasEnded.
    """
    session = ports.sessions.get(session_id)
    if session.viewer_id != viewer_id:
        raise NotFound("session", session_id)
    return ticket_for(session, resume_join, ports)


def ticket_for(session: Session, resume_join: int | None, ports: Ports) -> IssuedTicket:
    """Issues a ticket (a secret that is valid once) with which a page of this session connects to the Viewer socket.

    Unlike `issue_ticket`, this function does not check whose session it is.
    `resume_join`: the join number of a page that only reconnects, else None. The join number counts the pages that have
    shown the session.
    Raises: SessionHasEnded.
    """
    if not session.is_live:
        raise SessionHasEnded(session.session_id)
    ticket = Ticket(
        kind=PeerKind.PAGE,
        expires_at=ports.now() + TICKET_LIFETIME_S,
        session_id=session.session_id,
        epoch=epoch_of(session),
        resume_join=resume_join,
        viewer_id=session.viewer_id,
    )
    return store_ticket(ticket, ports)


def store_ticket(ticket: Ticket, ports: Ports) -> IssuedTicket:
    """Makes a secret for the ticket, stores the secret's hash with the ticket's content, and returns the secret."""
    secret = ports.new_secret()
    ports.tickets.store(hash_of(secret), ticket)
    return IssuedTicket(secret, ticket.expires_at)
