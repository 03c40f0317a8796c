"""$disconnect: best effort, may come late, may never come."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.socket.socket_caller import connection_id_of, is_event
from greenroom.usecases.socket.admit_connection import close_connection


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """200, whoever was on it: nobody is left to read it. 403: the connection stands."""
    if not is_event(event, "DISCONNECT"):
        return {"statusCode": 403}
    close_connection(connection_id_of(event), ports)
    return {"statusCode": 200}


handler = lambda_handler(handle)
