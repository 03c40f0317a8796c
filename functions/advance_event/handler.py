"""prewarm_event.TakeSteps and GiveBack: the steps of an event that are due, and the undo of one taken by half."""

from __future__ import annotations

import math
from typing import Any

from greenroom.domain.times import iso
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.event.event_payloads import AdvanceEventPayload, EventAct
from greenroom.entry.payload import payload_of
from greenroom.usecases.event.advance_event import advance_event
from greenroom.usecases.event.preflight_event import preflight_event
from greenroom.usecases.event.settle_event import settle_event
from greenroom.usecases.line.dispatch_line import dispatch_line

LONGEST_WAIT_S = 3600
"""Looked at again by then: boots measured meanwhile move the steps, and nothing would tell a sleeping execution."""


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """{nextStepAt} of the steps, {state} of the undo."""
    step = payload_of(AdvanceEventPayload, event)
    if step.act is EventAct.GIVE_BACK:
        return {"state": settle_event(step.event_id, ports).state.value}
    return _take_steps(step.event_id, step.version, ports)


def _take_steps(event_id: str, version: int, ports: AwsPorts) -> dict[str, Any]:
    """When to come again; null ends the execution, as for an earlier version, which an edit outdated."""
    if ports.events.get(event_id).version != version:
        return {"nextStepAt": None}
    advance = advance_event(
        event_id,
        ports,
        preflight=lambda reading: preflight_event(reading, ports),
        dispatch=lambda pool_id: dispatch_line(pool_id, ports),
    )
    if advance.next_at is None:
        return {"nextStepAt": None}
    return {"nextStepAt": iso(math.ceil(min(advance.next_at, ports.now() + LONGEST_WAIT_S)))}


handler = lambda_handler(handle)
