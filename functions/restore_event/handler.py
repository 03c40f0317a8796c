"""prewarm_event.GiveBack: the event's slots are no longer held."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import lambda_handler
from greenroom.entry.settings import RestoreEventSettings
from greenroom.ports import Ports
from greenroom.usecases.warm_event import restore_event


def handle(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    """Repeating it is harmless."""
    restore_event(event["eventId"], ports)
    return {"eventId": event["eventId"]}


handler = lambda_handler(RestoreEventSettings, handle)
