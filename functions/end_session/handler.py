"""session_lifecycle.EndSession: the undo after a timeout or a failure of the state machine."""

from __future__ import annotations

from typing import Any

from greenroom.domain.session.session import StatusReason
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.payload import payload_of
from greenroom.entry.session.session_payloads import EndSessionPayload
from greenroom.usecases.session.end_session import end_overdue_session, end_session

_TIMEOUTS = ("States.Timeout", "States.HeartbeatTimeout")


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """A timeout ends the session as its state's deadline would."""
    step = payload_of(EndSessionPayload, event)
    session = ports.sessions.get(step.session_id)
    if step.error in _TIMEOUTS:
        session = end_overdue_session(session, ports)
    session = end_session(session.session_id, StatusReason.INTERNAL_ERROR, ports)
    return {"sessionId": session.session_id, "statusReason": str(session.status_reason)}


handler = lambda_handler(handle)
