"""What EC2 refused a pool lately, in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.aws.table.rows import query, store
from greenroom.domain.instance.offering import RECENT_S, Rest


class DynamoOfferings:
    """ports.Offerings."""

    def __init__(self, table: str) -> None:
        self._table = table

    def refused(self, pool_id: str, now: float) -> Sequence[Rest]:
        rows = query(self._table, f"OFFERING#{pool_id}")
        rests = [Rest(row["sk"], row["code"], row["refusedAt"], row["restsUntil"]) for row in rows]
        return [each for each in rests if _expiry(each) > now]  # expired items are still read

    def rest(self, pool_id: str, rest: Rest) -> bool:
        row = {"pk": f"OFFERING#{pool_id}", "sk": rest.key, "code": rest.code}
        times = {"refusedAt": rest.refused_at, "restsUntil": rest.until, "expiresAt": int(_expiry(rest)) + 1}
        before = store(self._table, {**row, **times}, ReturnValues="ALL_OLD")
        return not before or before["restsUntil"] <= rest.refused_at


def _expiry(rest: Rest) -> float:
    return max(rest.until, rest.refused_at + RECENT_S)
