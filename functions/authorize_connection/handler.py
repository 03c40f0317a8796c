"""Who opens the Viewer socket: whoever holds an unused ticket for something that still stands.

Denies, and never raises: an authorizer that raises becomes a 500.
"""

from __future__ import annotations

import re
from typing import Any

from greenroom.domain.errors import TicketRefused
from greenroom.domain.socket.connection import Ticket
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.logging import logger
from greenroom.entry.socket.socket_caller import context_of
from greenroom.usecases.socket.admit_connection import admit_connection

TICKET = re.compile(r"[A-Za-z0-9_-]{1,128}")


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """An IAM policy for this one connection."""
    try:
        ticket = (event.get("queryStringParameters") or {}).get("ticket")
        if not isinstance(ticket, str) or not TICKET.fullmatch(ticket):
            raise TicketRefused("no ticket")
        return _policy(event, "Allow", admit_connection(ticket, ports))
    except TicketRefused as refusal:
        logger().info("connection refused", extra={"rule": str(refusal)})
    except Exception as error:  # fail closed, whatever it is; its text may hold the ticket
        logger().error("authorizer failed closed", extra={"error": type(error).__name__})
    return _policy(event, "Deny", None)


def _policy(event: dict[str, Any], effect: str, admitted: Ticket | None) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event.get("methodArn", "*")}
    policy: dict[str, Any] = {
        "principalId": (admitted and (admitted.viewer_id or admitted.instance_id)) or "nobody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    return {**policy, "context": context_of(admitted)} if admitted else policy


handler = lambda_handler(handle)
