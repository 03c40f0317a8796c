"""The coarse counters of a pool in DynamoDB."""

from __future__ import annotations

from greenroom.aws.slot.slot_rows import pool_key
from greenroom.aws.table.rows import RowChanged, change, read
from greenroom.aws.table.write import Write

PASS_LEASE_S = 120
"""How long a requested pass holds others back when it is never run."""


class DynamoCapacity:
    """ports.Capacity."""

    def __init__(self, table: str) -> None:
        self._table = table

    def free(self, pool_id: str) -> int | None:
        return read(self._table, pool_key(pool_id), "CAPACITY").get("free")

    def add_free(self, pool_id: str, by: int) -> int:
        pk = pool_key(pool_id)
        return int(change(Write(self._table, pk, "CAPACITY").count("free", by), self._table, pk, "CAPACITY")["free"])

    def count_taken(self, pool_id: str) -> int:
        pk = pool_key(pool_id)
        write = Write(self._table, pk, "CAPACITY").count("free", -1).count("taken")
        return int(change(write, self._table, pk, "CAPACITY")["free"])

    def begin_pass(self, pool_id: str, now: float) -> bool:
        pk = pool_key(pool_id)
        write = Write(self._table, pk, "CAPACITY")
        until = write.name("pendingPassUntil")
        write.when(f"attribute_not_exists({until}) OR {until} <= {write.value(now)}")
        try:
            change(write.set("pendingPassUntil", now + PASS_LEASE_S), self._table, pk, "CAPACITY")
        except RowChanged:
            return False
        return True
