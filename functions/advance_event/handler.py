"""prewarm_event.TakeSteps: every step of an event that is due."""

from __future__ import annotations

import math
from typing import Any

from greenroom.domain.times import iso
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.event.advance_event import advance_event
from greenroom.usecases.event.preflight_event import preflight_event
from greenroom.usecases.line.dispatch_line import dispatch_line

LONGEST_WAIT_S = 3600
"""Looked at again by then: boots measured meanwhile move the steps, and nothing would tell a sleeping machine."""


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """{nextStepAt}: when to come again; null ends the machine, as for an earlier version, which an edit outdated."""
    if ports.events.get(event["eventId"]).version != event["version"]:
        return {"nextStepAt": None}
    advance = advance_event(
        event["eventId"],
        ports,
        preflight=lambda reading: preflight_event(reading, ports),
        dispatch=lambda pool_id: dispatch_line(pool_id, ports),
    )
    if advance.next_at is None:
        return {"nextStepAt": None}
    return {"nextStepAt": iso(math.ceil(min(advance.next_at, ports.now() + LONGEST_WAIT_S)))}


handler = lambda_handler(handle)
