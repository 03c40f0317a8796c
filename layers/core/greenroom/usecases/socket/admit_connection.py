"""Opens and closes connections to the Viewer socket (the WebSocket API for pages and agents).

A page or an agent is admitted by its ticket, a secret that is valid once. When a page connects or disconnects, the
agent that serves the page is informed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import ConnectionGone, NotFound, TicketRefused
from greenroom.domain.session.session import epoch_of
from greenroom.domain.socket.connection import CONNECTION_LIFETIME_S, Connection, PeerKind
from greenroom.usecases.notify.notify_peers import post_to_agent
from greenroom.usecases.socket.check_boot import check_boot
from greenroom.usecases.socket.issue_ticket import hash_of

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.domain.socket.connection import Ticket
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasConnections, HasSocket, HasTickets
    from greenroom.ports.world import Clock

    class Ports(Clock, HasConnections, HasFleet, HasSessions, HasSocket, HasTickets, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def admit_connection(ticket: str, ports: Ports) -> Ticket:
    """Uses up a ticket (a secret that admits one connection to the Viewer socket), and returns what was stored with it.

    The ticket of a page is refused if the page's session has ended, or has another slot by now. Raises: TicketRefused.
    """
    admitted = ports.tickets.redeem(hash_of(ticket), ports.now())
    if admitted.kind is PeerKind.PAGE:
        _check_session(admitted, ports)
    return admitted


def _check_session(admitted: Ticket, ports: Ports) -> None:
    try:
        session = ports.sessions.get(str(admitted.session_id))
    except NotFound as error:
        raise TicketRefused("no such session") from error
    if not session.is_live or epoch_of(session) != admitted.epoch or session.viewer_id != admitted.viewer_id:
        raise TicketRefused("the ticket is outdated: its session has ended or has another slot")


def open_connection(connection_id: str, admitted: Ticket, ports: Ports) -> None:
    """Stores a new connection of a page or an agent to the Viewer socket (the WebSocket API).

    `admitted`: the ticket with which the page or the agent connects. Nothing can be sent over the connection yet: API
    Gateway would answer 410 until the route $connect has returned.
    Raises: NotFound, SessionHasEnded, StaleEpoch, UnknownInstance, StaleBoot (each of these errors refuses the
    handshake).
    """
    expires_at = ports.now() + CONNECTION_LIFETIME_S
    if admitted.kind is PeerKind.AGENT:
        check_boot(str(admitted.instance_id), str(admitted.boot_nonce), ports)  # a later boot may be registered now
        agent = Connection(
            connection_id=connection_id,
            kind=PeerKind.AGENT,
            expires_at=expires_at,
            instance_id=admitted.instance_id,
            boot_nonce=admitted.boot_nonce,
        )
        ports.connections.store(agent)
        return
    _open_page(connection_id, admitted, expires_at, ports)


def _open_page(connection_id: str, admitted: Ticket, expires_at: float, ports: Ports) -> None:
    session_id, epoch = str(admitted.session_id), int(admitted.epoch or 0)
    joined = ports.sessions.join(session_id, connection_id, epoch, admitted.resume_join)
    page = Connection(
        connection_id=connection_id,
        kind=PeerKind.PAGE,
        expires_at=expires_at,
        session_id=session_id,
        epoch=epoch,
        join_number=joined.session.join_number,
        viewer_id=admitted.viewer_id,
    )
    ports.connections.store(page)
    if joined.superseded_connection_id is not None:
        resumed = admitted.resume_join == joined.session.join_number
        _supersede(joined.superseded_connection_id, resumed, ports)


def _supersede(older_id: str, resumed: bool, ports: Ports) -> None:
    """Closes the earlier connection of a session's page, after a new connection has replaced it.

    The page on the earlier connection is informed that another page has replaced it. If the same page has only
    reconnected (`resumed`), its earlier connection is dead, so nobody is informed.
    """
    ports.connections.drop(older_id)
    if not resumed:
        try:
            ports.socket.post(older_id, {"kind": "superseded"})
        except ConnectionGone:
            return
    ports.socket.close(older_id)


def close_connection(connection_id: str, ports: Ports) -> None:
    """Removes the rows of a connection to the Viewer socket that was closed.

    If the connection was a page's, the agent that serves the page is informed and decides what to do: a page that has
    lost its connection to the Viewer socket may still receive the stream.
    """
    try:
        connection = ports.connections.get(connection_id)
    except NotFound:
        return  # replaced by another connection, or found closed earlier: the rows were removed then
    ports.connections.drop(connection_id)
    if connection.kind is PeerKind.AGENT or connection.session_id is None:
        return
    if ports.sessions.forget_connection(connection.session_id, connection_id, ports.now()):
        notify_peer_socket(ports.sessions.get(connection.session_id), False, ports)


def notify_peer_socket(session: Session, is_open: bool, ports: Ports) -> None:
    """Informs the agent that serves the session whether the viewer's page is connected to the Viewer socket."""
    if session.assignment is None:
        return
    frame = {
        "kind": "peerSocket",
        "sessionId": session.session_id,
        "epoch": session.assignment.epoch,
        "joinNumber": session.join_number,
        "open": is_open,
    }
    post_to_agent(session.assignment.instance_id, frame, ports)
