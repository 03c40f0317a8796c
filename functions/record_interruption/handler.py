"""EC2's events of the whole account, on the default bus: those of our instances that tell of a loss go on, once."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.instance.ec2_event import ec2_event_of
from greenroom.usecases.instance.record_interruption import record_interruption


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """For people: nobody waits for it."""
    told = ec2_event_of(event)
    return {"noted": told is not None and record_interruption(told.instance_id, told.kind, told.at, ports)}


handler = lambda_handler(handle)
