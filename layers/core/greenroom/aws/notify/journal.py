"""The append-only Journal in DynamoDB."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from greenroom.aws.clients import dynamodb
from greenroom.aws.table.rows import store
from greenroom.aws.table.values import item, plain
from greenroom.domain.journal.entry import Entry
from greenroom.domain.times import iso
from greenroom.ports.notify import JournalRow

_OWN = frozenset({"pk", "sk", "kind", "at"})


class DynamoJournal:
    """ports.Journal."""

    def __init__(self, table: str) -> None:
        self._table = table

    def append(self, entry: Entry, now: float) -> None:
        for entity in entry.entities:
            store(self._table, _row(entity, entry, now), ConditionExpression="attribute_not_exists(pk)")

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": item({":p": entity}),
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        found: list[JournalRow] = []
        while True:  # a page ends at 1 MB, and a decision about a large pool has some KB
            answer = dynamodb().query(**arguments, Limit=limit - len(found))
            found += [_row_of(plain(each)) for each in answer["Items"]]
            if "LastEvaluatedKey" not in answer or len(found) >= limit:
                return found
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _row(entity: str, entry: Entry, now: float) -> dict[str, Any]:
    """Rows sort by time. A random part keeps entries of the same millisecond apart."""
    key = {"pk": entity, "sk": f"{iso(now)}#{entry.kind}#{secrets.token_hex(4)}"}
    return {**entry.facts(), **key, "kind": entry.kind, "at": iso(now)}


def _row_of(row: Mapping[str, Any]) -> JournalRow:
    return JournalRow(row["at"], row["kind"], {name: value for name, value in row.items() if name not in _OWN})
