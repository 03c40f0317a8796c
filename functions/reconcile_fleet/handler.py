"""reconcile_fleet.RunPass: EC2 against the rows; ends what is past its deadline."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, configured_handler
from greenroom.entry.logging import logger
from greenroom.entry.payload import payload_of
from greenroom.entry.reaper.reaper_payloads import ReconcileFleetPayload
from greenroom.entry.settings import Settings
from greenroom.usecases.reaper.reconcile_fleet import reconcile_fleet


def handle(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    """What the state machine does next. Raises: PassIncomplete."""
    step = payload_of(ReconcileFleetPayload, event)
    result = reconcile_fleet(step.owner, step.started_at, settings.lease_s, ports)
    if result.silent_left_alone:
        logger().critical("mass silence: nothing terminated", extra={"instances": result.silent_left_alone})
    return {
        "alive": result.alive,
        "leaseLost": result.lease_lost,
        "handOver": result.hand_over,
        "wait_s": result.wait_s,
    }


handler = configured_handler(handle)
