"""launch_instance.RecordAndAwaitRegistration: the instance written down, the task token stored."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.instance.fleet_call import fleet_answer
from greenroom.entry.instance.instance_payloads import AwaitRegistrationPayload
from greenroom.entry.payload import payload_of
from greenroom.usecases.instance.await_registration import await_registration


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The answer is the token's. Raises: LaunchAbandoned, CapacityUnavailable, AccountLimitReached."""
    step = payload_of(AwaitRegistrationPayload, event)
    await_registration(step.pool_id, step.launch_id, fleet_answer(step.attempts), step.task_token, ports)


handler = lambda_handler(handle)
