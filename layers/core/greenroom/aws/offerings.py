"""Offerings on hold, in DynamoDB."""

from __future__ import annotations

from greenroom.aws.clients import dynamodb
from greenroom.aws.rows import query
from greenroom.aws.values import item


class DynamoOfferings:
    """ports.Offerings."""

    def __init__(self, table: str) -> None:
        self._table = table

    def resting(self, pool_id: str, now: float) -> frozenset[str]:
        rows = query(self._table, f"OFFERING#{pool_id}")
        return frozenset(row["sk"] for row in rows if row["restsUntil"] > now)  # expired items are still read

    def rest(self, pool_id: str, key: str, until: float, reason: str) -> None:
        row = {"pk": f"OFFERING#{pool_id}", "sk": key, "restsUntil": until, "reason": reason}
        dynamodb().put_item(TableName=self._table, Item=item({**row, "expiresAt": int(until) + 1}))
