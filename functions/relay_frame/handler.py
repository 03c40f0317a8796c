"""$default: one frame of a page or an agent."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.routes import find_work
from greenroom.entry.socket.socket_caller import connection_id_of, is_event
from greenroom.usecases.socket.relay_frame import relay_frame


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """404: another route."""
    work = find_work(ROUTES, event)
    return work(event, ports) if work else {"statusCode": 404}


def _relay(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """200: answers go over the socket. 403: no frame."""
    if not is_event(event, "MESSAGE"):
        return {"statusCode": 403}
    relay_frame(connection_id_of(event), event.get("body") or "", ports)
    return {"statusCode": 200}


ROUTES = {"$default": _relay}
handler = lambda_handler(handle)
