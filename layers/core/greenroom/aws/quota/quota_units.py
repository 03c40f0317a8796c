"""The units a launch takes and a release gives back: items of their transactions, never a write of their own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from greenroom.aws.quota.quota_rows import counter_key, day_expires_at
from greenroom.aws.table.rows import read
from greenroom.aws.table.transaction import Refused
from greenroom.aws.table.write import Write
from greenroom.domain.quota.quota import LIVE, Counter, Quotas, Scope, counters_of, day_row, gpu_uses, names_of
from greenroom.domain.session.session import Session

UNIT_FIELDS = {True: "live", False: "sessions"}
"""Of the row LIVE, and of a day's row."""


class Units:
    """One unit of each counter, each from one shard; a shard that turns out to be full is left for another one."""

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
        """The session as it is written: it remembers what it must give back."""
        held = {
            each.scope.value: left[0] for each, left in zip(self._counters, self._left, strict=True) if each.row == LIVE
        }
        return replace(self._session, quota_shards=held) if self._counters else self._session

    def items(self) -> list[dict[str, Any]]:
        """In a fixed order, as many as there are counters."""
        return [self._taken(counter, left[0]) for counter, left in zip(self._counters, self._left, strict=True)]

    def moved_on(self, refused: Refused, first: int) -> bool:
        """Whether a shard was full and another one is tried now. `first`: the index of the first of `items`.

        Raises: QuotaExceeded when all shards of a counter are full.
        """
        full = [index for index in range(len(self._counters)) if refused.failed(first + index)]
        for index in full:
            self._left[index] = self._with_room(self._counters[index], self._left[index][1:])
        return bool(full)

    def _with_room(self, counter: Counter, shards: list[int]) -> list[int]:
        """Read first: a transaction that is refused costs as much as one that is not. Raises: QuotaExceeded."""
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
    """What a release adds to its transaction: the units of running sessions back, the GPU time used.

    The session's own row lets the transaction pass once only.
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
