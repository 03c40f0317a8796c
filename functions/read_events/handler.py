"""GET /events and GET /events/{eventId}."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.event.event_views import event_view
from greenroom.entry.http import answer, operator_of, path_identifier, respond
from greenroom.entry.routes import work_of
from greenroom.usecases.event.read_event import coming_events


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _all(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator_of(event)
    return answer(200, {"events": [event_view(each) for each in coming_events(ports)]})


def _one(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator_of(event)
    return answer(200, event_view(ports.events.get(path_identifier(event, "eventId"))))


ROUTES = {"GET /events": _all, "GET /events/{eventId}": _one}
handler = lambda_handler(handle)
