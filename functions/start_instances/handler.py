"""maintain_pool.StartInstances: starts instances of the warm pool."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.instance.warm_pool import start_instances


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Which of them are on their way; what EC2 had no place for is back in the tier."""
    return {"started": start_instances(event["poolId"], event["instanceIds"], ports)}


handler = lambda_handler(handle)
