"""session_lifecycle.AdoptAndAwaitConnection: this execution drives the session and waits for its viewer."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.session.await_facts import adopt_session


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The token is answered later, or at once. Raises: SessionAlreadyAdopted, NoFreeSlot (the machine catches both)."""
    adopt_session(event["sessionId"], event["executionArn"], event["taskToken"], ports)


handler = lambda_handler(handle)
