"""The counters of quotas in the Sessions table: a launch takes units, a release gives them back, a recount repairs.

Units are items of the claims' transactions, never a write of their own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from greenroom.aws.clients import dynamodb
from greenroom.aws.quota.quota_rows import counter_key, day_expires_at
from greenroom.aws.session.session_rows import LIVE_SHARDS, session_key, viewer_key
from greenroom.aws.table.codec import decoded
from greenroom.aws.table.rows import RowChanged, change, read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.values import item, plain
from greenroom.aws.table.write import Write
from greenroom.domain.quota.quota import (
    LIVE,
    SHARDS,
    Counter,
    Quotas,
    Scope,
    counters_of,
    day_row,
    gpu_shards,
    gpu_uses,
    names_of,
)
from greenroom.domain.session.session import TERMINAL_STATES, Session

if TYPE_CHECKING:
    from greenroom.ports.quota import CountedSession, ShardCount, Used

UNIT_FIELDS = {True: "live", False: "sessions"}
"""The field of units in the row LIVE (True) and in the row of a day (False)."""


class Units:
    """One unit of each counter, each taken from one shard. If a shard turns out to be full, another one is tried."""

    def __init__(self, table: str, session: Session, quotas: Quotas | None) -> None:
        """Raises: QuotaExceeded (a limit of nobody)."""
        self._table, self._session = table, session
        self._counters = list(counters_of(session, quotas)) if quotas else []
        self._left: list[list[int]] = []
        for counter in self._counters:
            shards = list(range(counter.shards))
            random.shuffle(shards)
            if not shards:
                raise counter.exceeded(session.requested_at)
            self._left.append(shards)

    def session(self) -> Session:
        """The session as it is stored: it records the shards of its units, to give them back."""
        held = {
            each.scope.value: left[0] for each, left in zip(self._counters, self._left, strict=True) if each.row == LIVE
        }
        return replace(self._session, quota_shards=held) if self._counters else self._session

    def items(self) -> list[dict[str, Any]]:
        """One item for each counter, in a fixed order."""
        return [self._taken(counter, left[0]) for counter, left in zip(self._counters, self._left, strict=True)]

    def moved_on(self, refused: Refused, first: int) -> bool:
        """Whether a shard was full and another one will be tried. `first`: the index of the first of `items`.

        Raises: QuotaExceeded when all shards of a counter are full.
        """
        full = [index for index in range(len(self._counters)) if refused.failed(first + index)]
        for index in full:
            self._left[index] = self._with_room(self._counters[index], self._left[index][1:])
        return bool(full)

    def _with_room(self, counter: Counter, shards: list[int]) -> list[int]:
        """Finds a shard with room. Reading is cheaper than a refused transaction. Raises: QuotaExceeded."""
        for index, shard in enumerate(shards):
            row = read(self._table, counter_key(counter.name, shard), counter.row)
            if row.get(UNIT_FIELDS[counter.row == LIVE], 0) < (counter.share(shard) or 0):
                return shards[index:]
        raise counter.exceeded(self._session.requested_at)

    def _taken(self, counter: Counter, shard: int) -> dict[str, Any]:
        field = UNIT_FIELDS[counter.row == LIVE]
        write = Write(self._table, counter_key(counter.name, shard), counter.row).count(field)
        if counter.row == LIVE:
            write.set("changedAt", self._session.requested_at)
        else:
            write.set("expiresAt", day_expires_at(counter.row.partition("#")[2]))
        share, name = counter.share(shard), write.name(field)
        if share is not None:
            write.when(f"attribute_not_exists({name}) OR {name} < {write.value(share)}")
        return write.as_update()


def given_back(table: str, session: Session, now: float) -> list[dict[str, Any]]:
    """The items that a release adds to its transaction: they give the session's units back and add its GPU time.

    The condition on the session's row lets this happen only once.
    """
    names = names_of(session)
    items = []
    for scope, shard in session.quota_shards.items():
        write = Write(table, counter_key(names[Scope(scope)], shard), LIVE).count("live", -1).set("changedAt", now)
        items.append(write.as_update())
    return [*items, *_used_gpu(table, session)]


def _used_gpu(table: str, session: Session) -> Sequence[dict[str, Any]]:
    found = []
    for each in gpu_uses(session):
        write = Write(table, counter_key(each.name, each.shard), day_row(each.day))
        found.append(write.count("gpuSeconds", each.seconds).set("expiresAt", day_expires_at(each.day)).as_update())
    return found


class DynamoQuotaCounters:
    """ports.QuotaCounters."""

    def __init__(self, table: str) -> None:
        self._table = table

    def gpu_seconds(self, scope: Scope, name: str, day: str) -> int:
        rows = [self._row(name, shard, day_row(day)) for shard in gpu_shards(scope)]
        return sum(row.get("gpuSeconds", 0) for row in rows)

    def used(self, name: str, day: str) -> Used:
        from greenroom.ports.quota import Used  # a launch counts, and adds nothing up

        days = [self._row(name, shard, day_row(day)) for shard in range(SHARDS)]
        return Used(
            live=sum(each.live for each in self.live_shards(name)),
            sessions=sum(row.get("sessions", 0) for row in days),
            gpu_seconds=sum(row.get("gpuSeconds", 0) for row in days),
        )

    def live_shards(self, name: str) -> Sequence[ShardCount]:
        from greenroom.ports.quota import ShardCount

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
        """Corrects the viewer's counter in one transaction with the session's row, which decides what is right."""
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
        from greenroom.ports.quota import CountedSession

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
