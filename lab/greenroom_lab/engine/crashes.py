"""When a function's process dies in the middle of its work: with every n-th of its writes to DynamoDB.

In turn just before the write is done, and just after it but before the answer leaves. Standard library.
"""

from __future__ import annotations

import threading
from collections import Counter

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
BEFORE, AFTER = "before", "after"


class Crashes:
    """Set through the door `/_greenroom/crashes`."""

    def __init__(self) -> None:
        self.every: dict[str, int] = {}
        """Part of a function's name → which of its writes is its process's last."""
        self.killed: Counter[str] = Counter()
        """`<part>: <moment> <call>` → how often."""
        self._writes: Counter[str] = Counter()
        self._lock = threading.Lock()

    def plan(self, every: dict[str, int]) -> None:
        """Replaces the plan; both counts begin anew. Raises: ValueError for a number below 1."""
        if any(number < 1 for number in every.values()):
            raise ValueError("which write it is: 1 or more")
        with self._lock:
            self.every, self.killed, self._writes = dict(every), Counter(), Counter()

    def moment_of(self, function_name: str, call: str) -> str | None:
        """Count one call; BEFORE or AFTER when the process that made it dies."""
        with self._lock:
            part = next((part for part in self.every if part in function_name), None)
            if part is None or call not in WRITES:
                return None
            self._writes[part] += 1
            crash, rest = divmod(self._writes[part], self.every[part])
            if rest:
                return None
            moment = BEFORE if crash % 2 else AFTER
            self.killed[f"{part}: {moment} {call}"] += 1
            return moment


CRASHES = Crashes()
