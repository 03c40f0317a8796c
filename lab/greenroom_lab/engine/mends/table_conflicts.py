"""Gap: no write ever finds its item in a running transaction: writes are done one after the other.

`/_greenroom/conflicts` says which write does; `GREENROOM_CONFLICTS=5` (or `5,10`: each lasting ten writes of the item)
says so from the start. Single writes and transactions are refused each in its own way, and write nothing.
Source: Amazon DynamoDB developer guide, transaction conflict handling.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ministack.services import dynamodb

from greenroom_lab.engine.conflicts import CONFLICTS


def apply() -> None:
    handle = dynamodb.handle_request
    if planned := os.environ.get("GREENROOM_CONFLICTS"):
        CONFLICTS.plan(*(int(number) for number in planned.split(",")))

    async def handle_or_refuse(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        call = headers.get("x-amz-target", "").rpartition(".")[2]
        refusal = CONFLICTS.refusal_of(call, json.loads(body)) if CONFLICTS.every and body else None
        if refusal is None:
            return await handle(method, path, headers, body, query_params)
        kind = refusal["__type"].rpartition("#")[2]
        answered = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": kind}
        return 400, answered, json.dumps(refusal).encode()

    dynamodb.handle_request = handle_or_refuse
