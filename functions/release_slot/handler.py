"""session_lifecycle.ReleaseSlot: everything is given back and the session is over."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.payload import payload_of
from greenroom.entry.session.session_payloads import ReleaseSlotPayload
from greenroom.usecases.line.notify_waiting import notify_those_behind
from greenroom.usecases.session.release_slot import release_slot


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """What the execution ends with."""
    session = release_slot(payload_of(ReleaseSlotPayload, event).session_id, ports)
    notify_those_behind(session, ports)
    return {"sessionId": session.session_id, "state": session.state.value, "statusReason": str(session.status_reason)}


handler = lambda_handler(handle)
