"""One-time schedules in EventBridge Scheduler."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from greenroom.aws.clients import client


class EventBridgeSchedules:
    """ports.Schedules. `role_arn` is what the scheduler becomes to start the state machine."""

    def __init__(self, *, group: str, role_arn: str, state_machine_arn: str, dead_letter_arn: str) -> None:
        self._group, self._role, self._state_machine, self._dead = group, role_arn, state_machine_arn, dead_letter_arn

    def create(self, event_id: str, version: int, at: float) -> None:
        try:
            client("scheduler").create_schedule(
                Name=_name(event_id, version),
                GroupName=self._group,
                ScheduleExpression=f"at({datetime.fromtimestamp(math.ceil(at), UTC):%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self._state_machine,
                    "RoleArn": self._role,
                    "Input": json.dumps({"eventId": event_id, "version": version}),
                    "DeadLetterConfig": {"Arn": self._dead},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise

    def delete(self, event_id: str, version: int) -> None:
        try:
            client("scheduler").delete_schedule(Name=_name(event_id, version), GroupName=self._group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise


def _name(event_id: str, version: int) -> str:
    return f"{event_id}-{version}"
