"""POST /sessions/{sessionId}/ticket: a page asks for a ticket to the Viewer socket."""

from __future__ import annotations

from typing import Any

from greenroom.domain.times import iso
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, path_identifier, respond, viewer_of
from greenroom.entry.routes import work_of
from greenroom.usecases.socket.issue_ticket import issue_ticket

LARGEST_JOIN = 1_000_000


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _issue(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    viewer, body = viewer_of(event), body_of(event)
    resumed = body.whole("resumeJoin", least=0, most=LARGEST_JOIN) if "resumeJoin" in body else None
    issued = issue_ticket(path_identifier(event, "sessionId"), viewer.viewer_id, resumed, ports)
    return answer(201, {"ticket": issued.ticket, "expiresAt": iso(issued.expires_at)})


ROUTES = {"POST /sessions/{sessionId}/ticket": _issue}
handler = lambda_handler(handle)
