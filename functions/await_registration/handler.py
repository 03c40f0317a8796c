"""launch_instance.RecordAndAwaitRegistration: the instance written down, the task token stored."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.instance.fleet_call import fleet_answer
from greenroom.usecases.instance.await_registration import await_registration


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The answer is the token's. Raises: LaunchAbandoned, CapacityUnavailable, AccountLimitReached."""
    answer = fleet_answer(event["attempts"])
    await_registration(event["poolId"], event["launchId"], answer, event["taskToken"], ports)


handler = lambda_handler(handle)
