"""maintain_pool.StopInstances: switches off what the plan keeps for the warm pool."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.instance.warm_pool import stop_instances


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Which of them EC2 was asked to stop; the reaper asks until it did."""
    return {"stopped": stop_instances(event["instanceIds"], ports)}


handler = lambda_handler(handle)
