"""Tickets for the Viewer socket: 32 random bytes that admit one connection, once. Only a ticket's hash is stored."""

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
    """A ticket's secret, which is never shown again, and the time at which the ticket expires (epoch seconds)."""

    ticket: str = field(repr=False)
    expires_at: float


def hash_of(ticket: str) -> str:
    """The hash that is stored instead of the ticket. It needs no salt, because a ticket has 256 random bits."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def issue_ticket(session_id: str, viewer_id: str, resume_join: int | None, ports: Ports) -> IssuedTicket:
    """Issues a ticket for a viewer's page.

    The ticket is valid once, for a short time, and only while the session keeps its present slot.
    `resume_join`: the join number (count of pages that have shown the session) of the page, if the page only
    reconnects.
    Raises: NotFound (also when the session belongs to another viewer), SessionHasEnded.
    """
    session = ports.sessions.get(session_id)
    if session.viewer_id != viewer_id:
        raise NotFound("session", session_id)
    return ticket_for(session, resume_join, ports)


def ticket_for(session: Session, resume_join: int | None, ports: Ports) -> IssuedTicket:
    """Issues a ticket for the page of this session, as `issue_ticket` does. Raises: SessionHasEnded."""
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
    """Makes the ticket's secret and stores its hash."""
    secret = ports.new_secret()
    ports.tickets.store(hash_of(secret), ticket)
    return IssuedTicket(secret, ticket.expires_at)
