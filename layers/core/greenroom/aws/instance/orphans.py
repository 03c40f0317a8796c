"""Instances that no row explains, in DynamoDB."""

from __future__ import annotations

from greenroom.aws.table.rows import change
from greenroom.aws.table.write import Write

KEPT_S = 24 * 3600


class DynamoOrphans:
    """ports.Orphans."""

    def __init__(self, table: str) -> None:
        self._table = table

    def first_seen(self, instance_id: str, now: float) -> float:
        key = (f"ORPHAN#{instance_id}", "META")
        write = Write(self._table, *key).set_once("seenAt", now).set_once("expiresAt", int(now) + KEPT_S)
        return float(change(write, self._table, *key)["seenAt"])
