"""What was used, and its repair, in the Sessions table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from greenroom.aws.clients import dynamodb
from greenroom.aws.quota.quota_rows import counter_key
from greenroom.aws.session.session_rows import LIVE_SHARDS, session_key, viewer_key
from greenroom.aws.table.codec import decoded
from greenroom.aws.table.rows import RowChanged, change, read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.values import item, plain
from greenroom.aws.table.write import Write
from greenroom.domain.quota.quota import LIVE, SHARDS, Scope, day_row, gpu_shards
from greenroom.domain.session.session import TERMINAL_STATES
from greenroom.quota_ports import CountedSession, ShardCount, Used


class DynamoQuotaCounters:
    """ports.QuotaCounters."""

    def __init__(self, table: str) -> None:
        self._table = table

    def gpu_seconds(self, scope: Scope, name: str, day: str) -> int:
        rows = [self._row(name, shard, day_row(day)) for shard in gpu_shards(scope)]
        return sum(row.get("gpuSeconds", 0) for row in rows)

    def used(self, name: str, day: str) -> Used:
        days = [self._row(name, shard, day_row(day)) for shard in range(SHARDS)]
        return Used(
            live=sum(each.live for each in self.live_shards(name)),
            sessions=sum(row.get("sessions", 0) for row in days),
            gpu_seconds=sum(row.get("gpuSeconds", 0) for row in days),
        )

    def live_shards(self, name: str) -> Sequence[ShardCount]:
        rows = [(shard, self._row(name, shard, LIVE)) for shard in range(SHARDS)]
        return [decoded(ShardCount, {"changedAt": 0.0, **row, "shard": shard}) for shard, row in rows if row]

    def doubt(self, name: str, seen: ShardCount, surplus: int | None) -> None:
        write = self._unchanged(name, seen)
        self._done(write.remove("doubt") if surplus is None else write.set("doubt", surplus), name, seen)

    def correct(self, name: str, seen: ShardCount, surplus: int) -> bool:
        return self._done(self._unchanged(name, seen).count("live", -surplus).remove("doubt"), name, seen)

    def live_of_viewer(self, viewer_id: str) -> frozenset[str]:
        return frozenset(read(self._table, viewer_key(viewer_id), "COUNTER").get("sessionIds", ()))

    def correct_viewer(self, viewer_id: str, session_id: str) -> bool:
        """One transaction with the session's row: it says which of the two is right."""
        return any(self._set_named(viewer_id, session_id, is_over) for is_over in (True, False))

    def list_counted(self) -> Iterator[CountedSession]:
        for shard in range(LIVE_SHARDS):
            yield from self._counted(str(shard))

    def _set_named(self, viewer_id: str, session_id: str, is_over: bool) -> bool:
        session = Write(self._table, session_key(session_id), "META")
        states = ", ".join(session.value(state.value) for state in sorted(TERMINAL_STATES))
        over = f"{session.name('state')} IN ({states})"
        session.when(f"attribute_not_exists(pk) OR {over}" if is_over else f"attribute_exists(pk) AND NOT {over}")
        counter = Write(self._table, viewer_key(viewer_id), "COUNTER").count("live", -1 if is_over else 1)
        ids = counter.name("sessionIds")
        named = f"contains({ids}, {counter.value(session_id)})"
        counter.when(named if is_over else f"attribute_not_exists({ids}) OR NOT {named}")
        named_now = counter.take_out("sessionIds", session_id) if is_over else counter.put_in("sessionIds", session_id)
        try:
            transact([session.as_check(), named_now.as_update()])
        except Refused:
            return False
        return True

    def _counted(self, shard: str) -> Iterator[CountedSession]:
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "live",
            "KeyConditionExpression": "liveShard = :s",
            "ExpressionAttributeValues": item({":s": shard}),
        }
        while True:
            answer = dynamodb().query(**arguments)
            for found in answer["Items"]:
                row = plain(found)
                yield decoded(CountedSession, {**row, "sessionId": row["pk"].partition("#")[2]})
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _row(self, name: str, shard: int, sk: str) -> dict[str, Any]:
        return read(self._table, counter_key(name, shard), sk)

    def _unchanged(self, name: str, seen: ShardCount) -> Write:
        write = Write(self._table, counter_key(name, seen.shard), LIVE)
        return write.when_equal("live", seen.live).when_equal("changedAt", seen.changed_at)

    def _done(self, write: Write, name: str, seen: ShardCount) -> bool:
        try:
            change(write, self._table, counter_key(name, seen.shard), LIVE)
        except RowChanged:
            return False
        return True
