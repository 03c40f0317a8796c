"""Gap: an event that the bus refused counts as sent by a machine's `events:putEvents`.

On AWS a failed entry fails the state with `EventBridge.FailedEntry`.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import stepfunctions

RESOURCE = "arn:aws:states:::events:putEvents"


def apply() -> None:
    put = stepfunctions._SERVICE_DISPATCH[RESOURCE]

    def put_or_fail(resource: str, data: dict[str, Any]) -> Any:
        result = put(resource, data)
        if result.get("FailedEntryCount"):
            raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(result))
        return result

    stepfunctions._SERVICE_DISPATCH[RESOURCE] = put_or_fail
