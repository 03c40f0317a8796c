"""Sends messages over the Viewer socket (the WebSocket API) to a session's page or to an instance's agent.

The messages are hints: nothing depends on their arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from greenroom.domain.errors import ConnectionGone
from greenroom.domain.session.session_view import session_view

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock

    class Ports(Clock, HasConnections, HasSessions, HasSocket, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def notify_page(session: Session, ports: Ports, place: int | None = None) -> None:
    """Sends the present state of the session to the page of its viewer.

    `place`: the session's place in line (1 = next); None when the session is not in line.
    """
    post_to_page(session, {"kind": "sessionUpdate", "session": session_view(session, place)}, ports)


def notify_agent_of_slot(slot: Slot, ports: Ports) -> None:
    """Sends the present state of the slot to the agent of the slot's instance.

    If the message is lost, the agent learns the same from the answer to its next heartbeat.
    """
    frame = {"kind": "slot", "slotId": slot.slot_id, "state": slot.state.value, "epoch": slot.epoch}
    post_to_agent(slot.instance_id, {**frame, "sessionId": slot.session_id}, ports)


def post_to_page(session: Session, frame: Mapping[str, Any], ports: Ports) -> bool:
    """Sends a frame (message) to the page that shows the session. Returns whether the frame was sent.

    If the page's connection turns out to be closed, the row of the connection is removed. The session's row then no
    longer names the connection, unless the page has connected anew in the meantime.
    """
    connection_id = session.viewer_connection_id
    if connection_id is None:
        return False
    try:
        ports.socket.post(connection_id, frame)
    except ConnectionGone:
        ports.connections.drop(connection_id)
        ports.sessions.forget_connection(session.session_id, connection_id, ports.now())
        return False
    return True


def post_to_agent(instance_id: str, frame: Mapping[str, Any], ports: Ports) -> bool:
    """Sends a frame (message) to the instance's agent. Returns whether the frame was sent.

    If the agent's connection turns out to be closed, the row of the connection is removed.
    """
    agent = ports.connections.of_agent(instance_id)
    if agent is None:
        return False
    try:
        ports.socket.post(agent.connection_id, frame)
    except ConnectionGone:
        ports.connections.drop(agent.connection_id)
        return False
    return True
