"""maintain_pool.PlanPool: what the pool needs now, committed as launch intents, stops and retirements."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.payload import payload_of
from greenroom.entry.pool.pool_payloads import PlanPoolPayload
from greenroom.usecases.pool.plan_pool import plan_pool


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """What the state machine starts, stops and retires."""
    pool_id = payload_of(PlanPoolPayload, event).pool_id
    planned = plan_pool(pool_id, ports)
    launches = [{"poolId": pool_id, "launchId": launch_id} for launch_id in planned.launch_ids]
    return {
        "starts": list(planned.start_ids),
        "stops": list(planned.stop_ids),
        "retirements": list(planned.retired_ids),
        "launches": launches,
    }


handler = lambda_handler(handle)
