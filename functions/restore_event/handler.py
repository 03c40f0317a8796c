"""prewarm_event.GiveBack: what no step of the event stands for is no longer held."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.event.settle_event import settle_event


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Repeating it is harmless."""
    return {"state": settle_event(event["eventId"], ports).state.value}


handler = lambda_handler(handle)
