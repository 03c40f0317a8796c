"""The append-only Journal in DynamoDB."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from greenroom.aws.clients import dynamodb
from greenroom.aws.values import item
from greenroom.domain.times import iso


class DynamoJournal:
    """ports.Journal."""

    def __init__(self, table: str) -> None:
        self._table = table

    def append(self, entity: str, kind: str, now: float, facts: Mapping[str, Any]) -> None:
        row = {**facts, "pk": entity, "sk": f"{iso(now)}#{kind}#{secrets.token_hex(4)}", "kind": kind, "at": iso(now)}
        dynamodb().put_item(TableName=self._table, Item=item(row), ConditionExpression="attribute_not_exists(pk)")
