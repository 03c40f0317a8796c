"""$connect and $disconnect: a page or an agent comes onto the Viewer socket, and leaves it."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import NotFound, SessionHasEnded, StaleBoot, StaleEpoch, StoreBusy, UnknownInstance
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.routes import find_work
from greenroom.entry.socket.socket_caller import admitted_of, connection_id_of, is_event
from greenroom.usecases.socket.admit_connection import close_connection, open_connection


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """403: a frame that names the route; it opens and closes nothing. 404: another route."""
    work = find_work(ROUTES, event)
    return work(event, ports) if work else {"statusCode": 404}


def _open(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """200 lets the handshake finish; 410 refuses it: what the ticket named is over; 503: another ticket will do."""
    if not is_event(event, "CONNECT"):
        return {"statusCode": 403}
    try:
        open_connection(connection_id_of(event), admitted_of(event), ports)
    except (NotFound, SessionHasEnded, StaleEpoch, UnknownInstance, StaleBoot):
        return {"statusCode": 410}
    except StoreBusy:
        return {"statusCode": 503}
    return {"statusCode": 200}


def _close(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """200, whoever was on it: nobody is left to read it. Best effort: it may come late, or never."""
    if not is_event(event, "DISCONNECT"):
        return {"statusCode": 403}
    close_connection(connection_id_of(event), ports)
    return {"statusCode": 200}


ROUTES = {"$connect": _open, "$disconnect": _close}
handler = lambda_handler(handle)
