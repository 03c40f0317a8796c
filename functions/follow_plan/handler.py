"""maintain_pool.FollowPlan: starts, stops and retires the instances that the plan committed to."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.instance.follow_plan import follow_plan


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Which of them EC2 was asked for. Raises: one failure of any list, when all had their turn."""
    followed = follow_plan(event["poolId"], event["starts"], event["stops"], event["retirements"], ports)
    return {"started": followed.started, "stopped": followed.stopped, "retired": followed.retired}


handler = lambda_handler(handle)
