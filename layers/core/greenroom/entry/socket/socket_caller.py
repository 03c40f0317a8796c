"""The peer of a WebSocket connection, as the `$connect` authorizer passes it on. Its values are texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.domain.socket.connection import PeerKind, Ticket

_FIELDS = {
    "sessionId": "session_id",
    "epoch": "epoch",
    "resumeJoin": "resume_join",
    "viewerId": "viewer_id",
    "instanceId": "instance_id",
    "bootNonce": "boot_nonce",
}


def context_of(admitted: Ticket) -> dict[str, str]:
    """The authorizer context for a redeemed ticket: session or instance, without the ticket itself."""
    values = {shown: getattr(admitted, field) for shown, field in _FIELDS.items()}
    known = {shown: str(value) for shown, value in values.items() if value is not None}
    return {"kind": admitted.kind.value, "expiresAt": str(admitted.expires_at), **known}


def admitted_of(event: Mapping[str, Any]) -> Ticket:
    """The inverse of `context_of`, for the routes. Raises: KeyError, ValueError if no authorizer ran before."""
    context: Mapping[str, Any] = event["requestContext"]["authorizer"]
    return Ticket(
        kind=PeerKind(context["kind"]),
        expires_at=float(context["expiresAt"]),
        session_id=context.get("sessionId"),
        epoch=_number(context.get("epoch")),
        resume_join=_number(context.get("resumeJoin")),
        viewer_id=context.get("viewerId"),
        instance_id=context.get("instanceId"),
        boot_nonce=context.get("bootNonce"),
    )


def _number(text: Any) -> int | None:
    return None if text in (None, "") else int(text)


def is_event(event: Mapping[str, Any], event_type: str) -> bool:
    """Whether the event is of this kind (CONNECT, DISCONNECT or MESSAGE), whatever its route.

    API Gateway picks a message's route by the frame's `kind`. So a frame may name `$connect` and get there, with the
    context of the authorizer that once let its connection in.
    Source: API Gateway developer guide, "Route selection expressions".
    """
    return bool(event["requestContext"].get("eventType") == event_type)


def connection_id_of(event: Mapping[str, Any]) -> str:
    return str(event["requestContext"]["connectionId"])
