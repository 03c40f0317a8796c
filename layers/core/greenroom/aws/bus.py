"""Announcements on the stack's own EventBridge bus."""

from __future__ import annotations

import json

from greenroom.aws.clients import client
from greenroom.domain.events import SOURCE, Event


class EventRefused(RuntimeError):
    """EventBridge took the call but not the event; the caller's own caller tries again."""


class EventBridgeBus:
    """ports.Bus."""

    def __init__(self, bus_name: str) -> None:
        self._bus_name = bus_name

    def send(self, event: Event) -> None:
        entry = {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": json.dumps(event.detail()),
        }
        answer = client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:  # a 200 may still refuse the entry
            raise EventRefused(str(answer["Entries"][0].get("ErrorCode")))
