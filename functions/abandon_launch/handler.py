"""launch_instance.AbandonLaunch: the undo; what was launched is found by its tag and ended."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.instance.fleet_call import fleet_answer
from greenroom.entry.instance.instance_payloads import AbandonLaunchPayload
from greenroom.entry.payload import payload_of
from greenroom.usecases.instance.abandon_launch import abandon_launch

MOST_SAID = 500
"""Characters of what EC2 said that the decision record keeps."""


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Whether there was anything to undo: an agent that registered meanwhile has won."""
    step = payload_of(AbandonLaunchPayload, event)
    answer = fleet_answer(step.attempts, (step.fault or "")[:MOST_SAID])
    return {"undone": abandon_launch(step.pool_id, step.launch_id, step.error, answer, ports)}


handler = lambda_handler(handle)
