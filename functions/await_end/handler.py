"""session_lifecycle.AwaitEnd: the viewer plays; reconnects stay inside."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.session.await_facts import await_end


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The token is answered when the end is decided, or the session moves."""
    await_end(event["sessionId"], event["taskToken"], ports)


handler = lambda_handler(handle)
