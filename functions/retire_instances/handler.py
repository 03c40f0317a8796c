"""maintain_pool.RetireInstances: ends what the plan drained."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.instance.retire_instances import retire_instances


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Which of them were ended."""
    return {"retired": retire_instances(event["instanceIds"], ports)}


handler = lambda_handler(handle)
