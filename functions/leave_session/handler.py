"""DELETE /sessions/{sessionId}: the viewer goes. Valid in every state, as often as one likes."""

from __future__ import annotations

from typing import Any

from greenroom.domain.session.session_view import session_view
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, path_identifier, respond, viewer_of
from greenroom.entry.routes import work_of
from greenroom.usecases.session.end_session import leave_session


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _leave(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    session = leave_session(path_identifier(event, "sessionId"), viewer_of(event).viewer_id, ports)
    return answer(202, session_view(session))


ROUTES = {"DELETE /sessions/{sessionId}": _leave}
handler = lambda_handler(handle)
