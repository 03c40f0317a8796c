"""Conflicts for the real adapters: every n-th write of their client is refused as by a transaction on its item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from greenroom.aws import clients
from greenroom_lab.engine.conflicts import Conflicts


@contextmanager
def conflicts(every: int, lasting: int = 1) -> Iterator[Conflicts]:
    """While this is open, DynamoDB refuses the shared client every n-th write; `met` of what it gives counts them."""
    plan = Conflicts(every, lasting)

    def refuse(model: Any, params: dict[str, Any], **_: Any) -> Any:
        refusal = plan.refusal_of(model.name, json.loads(params["body"]))
        return _answered(refusal) if refusal else None

    events = clients.dynamodb().meta.events
    events.register("before-call.dynamodb", refuse)
    try:
        yield plan
    finally:
        events.unregister("before-call.dynamodb", refuse)


def _answered(refusal: dict[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
    """As botocore hands on an answer that it has parsed."""
    code = refusal["__type"].rpartition("#")[2]
    message = refusal.get("message") or refusal["Message"]
    error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    reasons = {name: refusal[name] for name in ("CancellationReasons",) if name in refusal}
    return AWSResponse("", 400, {}, None), {**error, **reasons}
