"""What EC2 refused a pool lately, in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.aws.table.codec import decoded, encoded
from greenroom.aws.table.rows import query, store
from greenroom.domain.instance.offering import RECENT_S, Rest
from greenroom.domain.tenant import owned


class DynamoOfferings:
    """ports.Offerings."""

    def __init__(self, table: str) -> None:
        self._table = table

    def refused(self, pool_id: str, now: float) -> Sequence[Rest]:
        rows = query(self._table, refusals_key(pool_id))
        rests = [decoded(Rest, row) for row in rows]
        return [each for each in rests if _expiry(each) > now]  # expired items are still read

    def rest(self, pool_id: str, rest: Rest) -> bool:
        own = {"pk": refusals_key(pool_id), "sk": rest.key, "expiresAt": int(_expiry(rest)) + 1}
        before = store(self._table, {**own, **encoded(rest)}, ReturnValues="ALL_OLD")
        return not before or decoded(Rest, before).until <= rest.refused_at


def refusals_key(pool_id: str) -> str:
    return owned("OFFERING", pool_id)


def _expiry(rest: Rest) -> float:
    return max(rest.until, rest.refused_at + RECENT_S)
