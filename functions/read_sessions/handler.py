"""GET /sessions and GET /sessions/{sessionId}: the caller's own sessions; someone else's is a 404."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import NotFound
from greenroom.domain.session.session import WAITING_STATES
from greenroom.domain.session.session_view import session_view
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, path_identifier, respond, viewer_of
from greenroom.entry.routes import work_of

NEWEST = 50


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _one(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    viewer, session_id = viewer_of(event), path_identifier(event, "sessionId")
    session = ports.sessions.get(session_id)
    if session.viewer_id != viewer.viewer_id:
        raise NotFound("session", session_id)
    place = ports.line.place_of(session) if session.state in WAITING_STATES else None
    return answer(200, session_view(session, place))


def _all(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    own = ports.sessions.list_of_viewer(viewer_of(event).viewer_id, NEWEST)
    return answer(200, {"sessions": [session_view(each) for each in own]})


ROUTES = {"GET /sessions": _all, "GET /sessions/{sessionId}": _one}
handler = lambda_handler(handle)
