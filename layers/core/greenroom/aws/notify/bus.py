"""Sends events to the stack's own EventBridge bus."""

from __future__ import annotations

import json

from greenroom.aws.clients import client
from greenroom.domain.events import SOURCE, Event


class EventRefused(RuntimeError):
    """EventBridge accepted the call but not every event. The invocation fails, and whoever invoked it retries."""


class EventBridgeBus:
    """ports.Bus."""

    def __init__(self, bus_name: str) -> None:
        self._bus_name = bus_name

    def send(self, *events: Event) -> None:
        answer = client("events").put_events(Entries=[self._entry(each) for each in events])
        if answer["FailedEntryCount"]:  # a 200 may still refuse an entry
            codes = (each.get("ErrorCode") for each in answer["Entries"])
            raise EventRefused(", ".join(code for code in codes if code))

    def _entry(self, event: Event) -> dict[str, str]:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": json.dumps(event.detail()),
        }
