"""session_lifecycle.AwaitSlot: the session stands in line."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.session.await_facts import await_slot


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The token is answered when a slot is handed over, or the session ended."""
    await_slot(event["sessionId"], event["taskToken"], ports)


handler = lambda_handler(handle)
