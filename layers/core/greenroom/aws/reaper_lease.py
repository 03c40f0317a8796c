"""The one row that says whether a reaper is at work."""

from __future__ import annotations

from greenroom.aws.rows import read


class DynamoReaperLease:
    """ports.ReaperLease."""

    def __init__(self, table: str) -> None:
        self._table = table

    def is_held(self, now: float) -> bool:
        return float(read(self._table, "REAPER", "LEASE").get("until", 0)) > now
