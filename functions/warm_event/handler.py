"""prewarm_event.WarmPool and MeasureReadiness: an event's slots held, and counted at its start."""

from __future__ import annotations

from typing import Any

from greenroom.domain.times import iso
from greenroom.entry.compose import lambda_handler
from greenroom.entry.settings import WarmEventSettings
from greenroom.ports import Ports
from greenroom.usecases.warm_event import measure_event, warm_event


def handle(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    """Phase `warm`: when the event starts and ends. Phase `measure`: how many would find no slot."""
    if event["phase"] == "measure":
        return {"shortfall": measure_event(event["eventId"], ports)}
    warmed = warm_event(event["eventId"], ports)
    return {"startsAt": iso(warmed.start), "endsAt": iso(warmed.end)}


handler = lambda_handler(WarmEventSettings, handle)
