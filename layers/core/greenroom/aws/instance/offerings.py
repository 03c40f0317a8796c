"""The offerings and markets that EC2 refused to a pool recently, in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.aws.table.codec import decoded, encoded
from greenroom.aws.table.rows import query, store
from greenroom.domain.instance.offering import RECENT_S, Cooldown
from greenroom.domain.tenant import owned


class DynamoOfferings:
    """ports.Offerings."""

    def __init__(self, table: str) -> None:
        self._table = table

    def refused(self, pool_id: str, now: float) -> Sequence[Cooldown]:
        rows = query(self._table, refusals_key(pool_id))
        cooldowns = [decoded(Cooldown, row) for row in rows]
        return [each for each in cooldowns if _expiry(each) > now]  # expired items are still read

    def cool_down(self, pool_id: str, cooldown: Cooldown) -> bool:
        own = {"pk": refusals_key(pool_id), "sk": cooldown.key, "expiresAt": int(_expiry(cooldown)) + 1}
        before = store(self._table, {**own, **encoded(cooldown)}, ReturnValues="ALL_OLD")
        return not before or decoded(Cooldown, before).until <= cooldown.refused_at


def refusals_key(pool_id: str) -> str:
    return owned("OFFERING", pool_id)


def _expiry(cooldown: Cooldown) -> float:
    return max(cooldown.until, cooldown.refused_at + RECENT_S)
