"""Gap: `events:putEvents` of a machine wants `Detail` as text, and an entry that was refused counts as success.

On AWS `Detail` may be an object, and a failed entry raises `EventBridge.FailedEntry`.
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
        entries = [{**entry, "Detail": as_text(entry.get("Detail", {}))} for entry in data.get("Entries", [])]
        result = put(resource, {**data, "Entries": entries})
        if result.get("FailedEntryCount"):
            raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(result))
        return result

    stepfunctions._SERVICE_DISPATCH[RESOURCE] = put_or_fail


def as_text(detail: Any) -> str:
    return detail if isinstance(detail, str) else json.dumps(detail)
