"""Gap: a table's `TimeToLiveSpecification` is ignored, and an expired item leaves no stream record.

Sweeps every `GREENROOM_TTL_SWEEP_S` seconds (5); AWS promises "within a few days", so nothing may depend on it.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

SWEEP_S = float(os.environ.get("GREENROOM_TTL_SWEEP_S", "5"))
SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def apply() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    handlers["create"] = with_ttl(handlers["create"], properties_at=1)
    handlers["update"] = with_ttl(handlers["update"], properties_at=2)
    threading.Thread(target=sweep_for_ever, daemon=True, name="greenroom-ttl").start()


def with_ttl(provision: Callable[..., Any], properties_at: int) -> Callable[..., Any]:
    def provision_and_set(*args: Any, **kwargs: Any) -> Any:
        result = provision(*args, **kwargs)
        specification = args[properties_at].get("TimeToLiveSpecification")
        if specification:
            enabled = str(specification.get("Enabled", True)).lower() == "true"
            request = {"TableName": result[0], "TimeToLiveSpecification": {**specification, "Enabled": enabled}}
            dynamodb._update_ttl(request)
        return result

    return provision_and_set


def sweep_for_ever() -> None:
    while True:
        time.sleep(SWEEP_S)
        try:
            sweep(time.time())
        except Exception:  # the sweep is the engine's own: it must outlive one bad table
            logging.getLogger(__name__).exception("the TTL sweep failed")


def sweep(now: float) -> None:
    """Delete what is past its time in every table of every account and region."""
    for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
        table = dynamodb._tables.get_scoped(account, region, name)
        if setting.get("TimeToLiveStatus") != "ENABLED" or not table:
            continue
        tokens = responses._request_account_id.set(account), responses._request_region.set(region)
        try:
            with dynamodb._lock:
                remove_expired(name, table, setting["AttributeName"], now)
        finally:
            responses._request_account_id.reset(tokens[0])
            responses._request_region.reset(tokens[1])


def remove_expired(name: str, table: dict[str, Any], attribute: str, now: float) -> None:
    for partition, items in list(table["items"].items()):
        for sort, item in list(items.items()):
            if expired(item.get(attribute), now):
                old = dynamodb._remove_item(table, partition, sort)
                dynamodb._emit_stream_event(name, "REMOVE", old, None)
                records = dynamodb._stream_records.get(name)
                if records:
                    records[-1]["userIdentity"] = SERVICE


def expired(value: Any, now: float) -> bool:
    """A time to live that is not a number never expires, as on AWS."""
    if not isinstance(value, dict) or "N" not in value:
        return False
    return float(value["N"]) <= now
