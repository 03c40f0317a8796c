"""Who is on a WebSocket connection, as the `$connect` authorizer passes it on: context values are flat texts."""

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
    """What a redeemed ticket admits to, without the ticket."""
    values = {shown: getattr(admitted, field) for shown, field in _FIELDS.items()}
    known = {shown: str(value) for shown, value in values.items() if value is not None}
    return {"kind": admitted.kind.value, "expiresAt": str(admitted.expires_at), **known}


def admitted_of(event: Mapping[str, Any]) -> Ticket:
    """The inverse, at the routes. Raises: KeyError, ValueError when no authorizer ran before."""
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
    """Whether it is a CONNECT, a DISCONNECT or a MESSAGE, whatever its route.

    API Gateway picks a message's route by the frame's `kind`: a frame may name `$connect` and gets there, with the
    context of the authorizer that once let its connection in.
    Source: API Gateway developer guide, "Route selection expressions".
    """
    return bool(event["requestContext"].get("eventType") == event_type)


def connection_id_of(event: Mapping[str, Any]) -> str:
    return str(event["requestContext"]["connectionId"])
