"""Reads the sessions that have not ended, from the sparse index `live`."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.aws.clients import dynamodb
from greenroom.aws.session.session_rows import LIVE_SHARDS
from greenroom.aws.table.values import item, plain


class DynamoLiveSessions:
    """ports.LiveSessions."""

    def __init__(self, table: str) -> None:
        self._table = table

    def list_ids(self, limit: int) -> Sequence[str]:
        found = [entry for shard in range(LIVE_SHARDS) for entry in self._shard(str(shard), limit)]
        return [session_id for _, session_id in sorted(found)[:limit]]

    def _shard(self, shard: str, limit: int) -> list[tuple[float, str]]:
        answer = dynamodb().query(
            TableName=self._table,
            IndexName="live",
            KeyConditionExpression="liveShard = :s",
            ExpressionAttributeValues=item({":s": shard}),
            Limit=limit,
        )
        rows = [plain(row) for row in answer["Items"]]
        return [(row["deadlineAt"], row["pk"].partition("#")[2]) for row in rows]
