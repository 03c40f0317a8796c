"""The lease row, which says whether a reaper is running, and what passes of the reaper remember for the next ones."""

from __future__ import annotations

from contextlib import suppress

from greenroom.aws.table.rows import RowChanged, change, read
from greenroom.aws.table.write import Write

_KEY = ("REAPER", "LEASE")
KEPT_S = 24 * 3600


class DynamoReaperLease:
    """ports.ReaperLease."""

    def __init__(self, table: str) -> None:
        self._table = table

    def is_held(self, now: float) -> bool:
        return float(read(self._table, *_KEY).get("until", 0)) > now

    def take(self, owner: str, now: float, until: float) -> bool:
        write = Write(self._table, *_KEY)
        held, ends = write.name("owner"), write.name("until")
        write.when(f"attribute_not_exists(pk) OR {held} = {write.value(owner)} OR {ends} <= {write.value(now)}")
        try:
            change(write.set("owner", owner).set("until", until), self._table, *_KEY)
        except RowChanged:
            return False
        return True

    def give_up(self, owner: str) -> None:
        with suppress(RowChanged):
            change(Write(self._table, *_KEY).when_equal("owner", owner).set("until", 0), self._table, *_KEY)

    def last_recorded(self, what: str, now: float) -> float | None:
        key = ("REAPER", f"NOTE#{what}")
        write = Write(self._table, *key).set("at", now).set("expiresAt", int(now) + KEPT_S)
        before = change(write, self._table, *key, returned="ALL_OLD").get("at")
        return float(before) if before is not None else None
