"""When a write to DynamoDB finds its item in a transaction that is just running: every n-th write does.

A single write is refused with TransactionConflictException, a transaction is cancelled with the reason
TransactionConflict on one of its items, each of them in turn. Nothing is written. Standard library.
Source: Amazon DynamoDB developer guide, transaction conflict handling.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from greenroom_lab.engine.crashes import WRITES

Json = Mapping[str, Any]
MESSAGE = "Transaction is ongoing for the item"


class Conflicts:
    """Set through the door `/_greenroom/conflicts`; the tests put one in front of a client of their own."""

    def __init__(self, every: int = 0, lasting: int = 1) -> None:
        self.every, self.lasting = 0, 1
        self.met: Counter[str] = Counter()
        """Call -> how often it was refused."""
        self._writes = 0
        self._busy: Counter[str] = Counter()
        """Item -> how many more writes of it are refused."""
        self._lock = threading.Lock()
        self.plan(every, lasting)

    def plan(self, every: int, lasting: int = 1) -> None:
        """Every n-th write (0: none) begins a conflict that refuses `lasting` writes of its item; counts begin anew.

        Raises: ValueError for a number that makes no sense.
        """
        if every < 0 or lasting < 1:
            raise ValueError("every n-th write, or 0 for none; a conflict lasts for 1 write or more")
        with self._lock:
            self.every, self.lasting = every, lasting
            self.met, self._busy, self._writes = Counter(), Counter(), 0

    def refusal_of(self, call: str, request: Json) -> dict[str, Any] | None:
        """The error body that this call gets; None when it goes through."""
        if not self.every or call not in WRITES:
            return None
        items = written_items(request)
        with self._lock:
            index = self._struck(items)
            if index is None:
                return None
            self.met[call] += 1
        if call != "TransactWriteItems":
            return {"__type": f"{_NAMESPACE}#TransactionConflictException", "message": MESSAGE}
        return _cancelled(index, len(items))

    def _struck(self, items: list[str]) -> int | None:
        """The item that is in a transaction."""
        busy = next((index for index, each in enumerate(items) if self._busy[each]), None)
        if busy is not None:
            self._busy[items[busy]] -= 1
            return busy
        self._writes += 1
        conflict, rest = divmod(self._writes, self.every)
        if rest:
            return None
        struck = conflict % len(items)
        self._busy[items[struck]] = self.lasting - 1
        return struck


_NAMESPACE = "com.amazonaws.dynamodb.v20120810"


def _cancelled(index: int, items: int) -> dict[str, Any]:
    reasons: list[dict[str, str]] = [{"Code": "None"} for _ in range(items)]
    reasons[index] = {"Code": "TransactionConflict", "Message": MESSAGE}
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return {
        "__type": f"{_NAMESPACE}#TransactionCanceledException",
        "Message": message,
        "CancellationReasons": reasons,
    }


def written_items(request: Json) -> list[str]:
    """The items of one write, or of each action of a transaction: table and key as one text."""
    actions = [next(iter(each.values())) for each in request.get("TransactItems", [])] or [request]
    return [_item(action) for action in actions]


def _item(action: Json) -> str:
    values = action.get("Key") or action.get("Item") or {}
    key = {name: values[name] for name in ("pk", "sk") if name in values} or values
    return json.dumps([action.get("TableName"), key], sort_keys=True)


CONFLICTS = Conflicts()
