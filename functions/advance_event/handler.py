"""prewarm_event.TakeSteps: every step of an event that is due."""

from __future__ import annotations

import math
from typing import Any

from greenroom.domain.times import iso
from greenroom.entry.compose import lambda_handler
from greenroom.ports import Ports
from greenroom.usecases.event.advance_event import advance_event
from greenroom.usecases.event.preflight_event import preflight_event
from greenroom.usecases.line.dispatch_line import dispatch_line

LONGEST_WAIT_S = 3600
"""Looked at again by then: boots measured meanwhile move the steps, and nothing would tell a sleeping machine."""


def handle(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    """{nextStepAt}: when to come again; null ends the machine, as for an earlier version, which an edit outdated."""
    if ports.events.get(event["eventId"]).version != event["version"]:
        return {"nextStepAt": None}
    next_at = advance_event(event["eventId"], ports, preflight_event, dispatch_line).next_at
    if next_at is None:
        return {"nextStepAt": None}
    return {"nextStepAt": iso(math.ceil(min(next_at, ports.now() + LONGEST_WAIT_S)))}


handler = lambda_handler(handle)
