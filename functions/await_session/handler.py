"""session_lifecycle.AwaitSlot and AwaitEnd: the session waits in line, or is played; reconnects stay inside."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.session.await_facts import await_end, await_slot


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The token is answered when the slot or the end has come, and when the session ended or moves before that."""
    wait = {"slot": await_slot, "end": await_end}[event["awaits"]]
    wait(event["sessionId"], event["taskToken"], ports)


handler = lambda_handler(handle)
