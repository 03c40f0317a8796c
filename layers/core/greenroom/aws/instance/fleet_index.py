"""The index of a pool's instances and slots: it lags, so what is decided on it is decided again by a condition."""

from __future__ import annotations

from typing import Any

from greenroom.aws.clients import dynamodb
from greenroom.aws.instance.instance_rows import instance_of
from greenroom.aws.slot.slot_rows import pool_index_key, slot_of
from greenroom.aws.table.values import item, plain
from greenroom.fleet_ports import Machinery


def index_of_pool(table: str, pool_id: str) -> dict[str, Machinery]:
    """By instance id; slots whose instance is not shown (yet) are left out."""
    rows = _rows(table, pool_id)
    instances = [instance_of(row) for row in rows if row["sk"] == "META"]
    slots = sorted((slot_of(row) for row in rows if row["sk"] != "META"), key=lambda slot: slot.number)
    return {
        each.instance_id: Machinery(each, tuple(slot for slot in slots if slot.instance_id == each.instance_id))
        for each in instances
    }


def _rows(table: str, pool_id: str) -> list[dict[str, Any]]:
    arguments: dict[str, Any] = {
        "TableName": table,
        "IndexName": "byPool",
        "KeyConditionExpression": "poolKey = :p",
        "ExpressionAttributeValues": item({":p": pool_index_key(pool_id)}),
    }
    found: list[dict[str, Any]] = []
    while True:
        answer = dynamodb().query(**arguments)
        found += [plain(row) for row in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return found
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
