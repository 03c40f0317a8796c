"""$connect: a page or an agent comes onto the Viewer socket."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import NotFound, SessionHasEnded, StaleBoot, StaleEpoch, StoreBusy, UnknownInstance
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.socket.socket_caller import admitted_of, connection_id_of, is_event
from greenroom.usecases.socket.admit_connection import open_connection


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """200 lets the handshake finish; 410 refuses it: what the ticket named is over; 503: another ticket will do.

    403: this is no handshake.
    """
    if not is_event(event, "CONNECT"):
        return {"statusCode": 403}
    try:
        open_connection(connection_id_of(event), admitted_of(event), ports)
    except (NotFound, SessionHasEnded, StaleEpoch, UnknownInstance, StaleBoot):
        return {"statusCode": 410}
    except StoreBusy:
        return {"statusCode": 503}
    return {"statusCode": 200}


handler = lambda_handler(handle)
