"""POST /sessions: a slot at once (201), a place in line (202), or what this client token launched before (200)."""

from __future__ import annotations

import re
from typing import Any

from greenroom.domain.session.session_view import session_view
from greenroom.domain.times import iso
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, respond, viewer_of
from greenroom.entry.routes import work_of
from greenroom.entry.tracing import annotate_session
from greenroom.usecases.session.request_session import SessionAnswer, SessionRequest, request_session

CLIENT_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _launch(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    viewer, body = viewer_of(event), body_of(event)
    launch = SessionRequest(
        viewer_id=viewer.viewer_id,
        tenant_id=viewer.tenant_id,
        application_id=body.identifier("applicationId"),
        client_token=body.identifier("clientToken", pattern=CLIENT_TOKEN),
        groups=viewer.groups,
    )
    launched = request_session(launch, ports)
    annotate_session(launched.session.session_id)
    return answer(_status(launched), _view(launched))


def _status(launched: SessionAnswer) -> int:
    if launched.repeated:
        return 200
    return 201 if launched.ticket else 202


def _view(launched: SessionAnswer) -> dict[str, Any]:
    view = session_view(launched.session, launched.place)
    if launched.ticket is None:
        return view
    return {**view, "ticket": {"ticket": launched.ticket.ticket, "expiresAt": iso(launched.ticket.expires_at)}}


ROUTES = {"POST /sessions": _launch}
handler = lambda_handler(handle)
