"""maintain_pool.FollowPlan: starts, stops and retires the instances that the plan committed to."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.payload import payload_of
from greenroom.entry.pool.pool_payloads import FollowPlanPayload
from greenroom.usecases.instance.follow_plan import follow_plan


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Which of them EC2 was asked for. Raises: one failure of any list, when all had their turn."""
    plan = payload_of(FollowPlanPayload, event)
    followed = follow_plan(plan.pool_id, plan.starts, plan.stops, plan.retirements, ports)
    return {"started": followed.started, "stopped": followed.stopped, "retired": followed.retired}


handler = lambda_handler(handle)
