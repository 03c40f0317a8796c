"""POST /agent/socket-ticket: a single-use ticket for the agent's own connection."""

from __future__ import annotations

from typing import Any

from greenroom.domain.times import iso
from greenroom.entry.compose import AwsPorts, configured_handler
from greenroom.entry.http import answer, body_of, instance_of_caller, respond
from greenroom.entry.routes import work_of
from greenroom.entry.settings import Settings
from greenroom.usecases.socket.issue_socket_ticket import issue_socket_ticket


def handle(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports, settings))


def _issue(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    instance_id, body = instance_of_caller(event, settings.instance_role_arn), body_of(event)
    issued = issue_socket_ticket(instance_id, body.identifier("bootNonce"), ports)
    return answer(201, {"ticket": issued.ticket, "expiresAt": iso(issued.expires_at), "socketUrl": settings.socket_url})


ROUTES = {"POST /agent/socket-ticket": _issue}
handler = configured_handler(handle)
