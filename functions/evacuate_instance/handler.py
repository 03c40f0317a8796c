"""handle_interruption.EvacuateInstance: one look at an instance that is being lost."""

from __future__ import annotations

from typing import Any

from greenroom.domain.instance.instance import Notice
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.instance.instance_payloads import EvacuateInstancePayload
from greenroom.entry.payload import payload_of
from greenroom.usecases.instance.evacuate_instance import evacuate_instance


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Whether the state machine must look again. Raises: NotFound (no instance of ours), Conflict."""
    step = payload_of(EvacuateInstancePayload, event)
    notice = Notice(step.kind, step.noticed_at, step.ends_at)
    seen = evacuate_instance(step.instance_id, notice, ports)
    return {"done": seen.done, "held": seen.held}


handler = lambda_handler(handle)
