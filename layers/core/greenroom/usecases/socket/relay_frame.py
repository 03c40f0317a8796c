"""Handles one frame (message) on the Viewer socket: answers the frame, or relays it between a page and an agent.

The session id, the epoch (fencing number of the slot) and the join number (count of pages that have shown the session)
of a relayed frame come from the stored rows, never from the sender.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from greenroom.domain.errors import ConnectionGone, NotFound, StaleBoot, UnknownInstance
from greenroom.domain.session.session import SLOT_HOLDING_STATES, WAITING_STATES, epoch_of
from greenroom.domain.session.session_view import session_view
from greenroom.domain.socket.connection import PeerKind
from greenroom.domain.texts import IDENTIFIER, is_whole
from greenroom.usecases.notify.notify_peers import post_to_agent, post_to_page
from greenroom.usecases.socket.admit_connection import notify_peer_socket
from greenroom.usecases.socket.check_boot import check_boot
from greenroom.usecases.socket.issue_ice_servers import issue_ice_servers

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.domain.slot.slot import Slot
    from greenroom.domain.socket.connection import Connection
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.line import HasLine
    from greenroom.ports.session import HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.socket import HasConnections, HasIceServers, HasSocket, HasTickets, HasTurn
    from greenroom.ports.world import Clock

    class Ports(
        Clock,
        HasConnections,
        HasFleet,
        HasIceServers,
        HasLine,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTickets,
        HasTurn,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


PROTOCOL_VERSION = "1.3.0"
"""The version of Epic's signalling messages (for Unreal's pixel streaming), which frames carry in their field `data`.

Source: lib-pixelstreamingcommon.
"""
LARGEST_NUMBER = 2**53 - 1
"""The largest whole number up to which JavaScript represents every whole number exactly."""
_RELAYED: Mapping[str, Mapping[str, type]] = {
    "frame": {"sequence": int, "part": int, "parts": int, "data": str},
    "ack": {"upTo": int},
    "resend": {"from": int},
}
"""By kind of frame: the fields that are relayed between page and agent, and their types. Other fields are left out."""


def relay_frame(connection_id: str, text: str, ports: Ports) -> None:
    """Handles one frame (message) that a page or an agent has sent over this connection to the Viewer socket.

    No frame can make this function fail: a malformed frame is answered with `refused`, and the connection stays open.
    """
    try:
        connection = ports.connections.get(connection_id)
    except NotFound:
        return ports.socket.close(connection_id)  # another connection has replaced this one
    frame = _parse(text)
    if frame is None:
        return _refuse(connection, "not a frame", ports)
    kind = frame.get("kind")
    if kind == "ping":
        return _post(connection, {"kind": "pong"}, ports)
    from_page = connection.kind is PeerKind.PAGE
    if kind == "hello":
        return _greet_page(connection, ports) if from_page else _greet_agent(connection, ports)
    crossing = _crossing(frame)
    if crossing is None:
        return _refuse(connection, "unknown kind or malformed fields", ports)
    return _from_page(connection, crossing, ports) if from_page else _from_agent(connection, frame, crossing, ports)


def _parse(text: str) -> Mapping[str, Any] | None:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def _crossing(frame: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the frame with only the fields that are relayed; None if its kind is unknown or a field is wrong."""
    kind = frame.get("kind")
    fields = _RELAYED.get(kind) if isinstance(kind, str) else None
    if fields is None or not all(_is(frame.get(name), wanted) for name, wanted in fields.items()):
        return None
    return {"kind": kind, **{name: frame[name] for name in fields}}


def _is(value: Any, wanted: type) -> bool:
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER
    return isinstance(value, str) and is_whole(value)


def _greet_page(connection: Connection, ports: Ports) -> None:
    session = ports.sessions.get(str(connection.session_id))
    if not _is_current(connection, session):
        return _post(connection, {"kind": "superseded"}, ports)
    if connection.epoch != epoch_of(session):
        # The page connected while in line or before a move: from now on its frames are for this slot, numbered from 1.
        ports.connections.renew_epoch(connection.connection_id, epoch_of(session))
    waits = session.state in WAITING_STATES
    ice_servers = issue_ice_servers(session, ports)
    welcome = {
        "kind": "welcome",
        "session": session_view(session, ports.line.place_of(session) if waits else None),
        "joinNumber": session.join_number,
        "epoch": epoch_of(session),
        "iceServers": ice_servers,
        "iceTransportPolicy": session.relay.value,
        "protocolVersion": PROTOCOL_VERSION,
    }
    _post(connection, welcome, ports)
    if session.is_live and (held := session.assignment):
        join = {"kind": "join", "slotId": held.slot_id, **_stamp(session), "iceServers": ice_servers}
        join |= {"idleWarn_s": session.limits.idle_warn_s, "idleEnd_s": session.limits.idle_end_s}
        if post_to_agent(held.instance_id, join, ports):
            notify_peer_socket(session, True, ports)
    return None


def _greet_agent(connection: Connection, ports: Ports) -> None:
    instance_id = str(connection.instance_id)
    try:
        check_boot(instance_id, str(connection.boot_nonce), ports)
    except (UnknownInstance, StaleBoot):
        return ports.socket.close(connection.connection_id)  # the instance has booted again, or is terminated
    slots = [_slot_of_agent(slot, ports) for slot in ports.slots.list_of_instance(instance_id)]
    return _post(connection, {"kind": "welcome", "instanceId": instance_id, "slots": slots}, ports)


def _slot_of_agent(slot: Slot, ports: Ports) -> dict[str, Any]:
    join_number = 0
    if slot.session_id is not None:
        with suppress(NotFound):
            join_number = ports.sessions.get(slot.session_id).join_number
    shown = {"slotId": slot.slot_id, "state": slot.state.value, "epoch": slot.epoch, "sessionId": slot.session_id}
    return {**shown, "joinNumber": join_number}


def _from_page(connection: Connection, crossing: Mapping[str, Any], ports: Ports) -> None:
    session = ports.sessions.get(str(connection.session_id))
    held = session.assignment
    if held is None or session.state not in SLOT_HOLDING_STATES:
        return
    if not _is_current(connection, session) or connection.epoch != held.epoch:
        return  # from a page that was replaced, or for an earlier slot: the agent would drop the frame
    post_to_agent(held.instance_id, {**crossing, **_stamp(session)}, ports)


def _from_agent(connection: Connection, frame: Mapping[str, Any], crossing: Mapping[str, Any], ports: Ports) -> None:
    session_id = frame.get("sessionId")
    try:
        session = ports.sessions.get(_identifier(session_id))
    except NotFound:
        return _refuse(connection, "not your session", ports)
    held = session.assignment
    if held is None or held.instance_id != connection.instance_id:
        return _refuse(connection, "not your session", ports)
    if frame.get("joinNumber") != session.join_number or session.state not in SLOT_HOLDING_STATES:
        return None  # the frame was meant for a page that another page has replaced
    post_to_page(session, {**crossing, **_stamp(session)}, ports)
    return None


def _identifier(value: Any) -> str:
    """Returns the value if it has the form of an id. Raises: NotFound (the value has another form)."""
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise NotFound("session", str(value)[:64])
    return value


def _is_current(connection: Connection, session: Session) -> bool:
    same_page = session.viewer_connection_id == connection.connection_id
    return same_page and session.join_number == connection.join_number


def _stamp(session: Session) -> dict[str, Any]:
    return {"sessionId": session.session_id, "epoch": epoch_of(session), "joinNumber": session.join_number}


def _refuse(connection: Connection, reason: str, ports: Ports) -> None:
    _post(connection, {"kind": "refused", "reason": reason}, ports)


def _post(connection: Connection, frame: Mapping[str, Any], ports: Ports) -> None:
    with suppress(ConnectionGone):  # the route $disconnect removes the connection's rows
        ports.socket.post(connection.connection_id, frame)
