"""Reading and changing single rows; every read is consistent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from botocore.exceptions import ClientError

from greenroom.aws.clients import dynamodb
from greenroom.aws.table.conflicts import despite_conflicts
from greenroom.aws.table.values import item, plain
from greenroom.aws.table.write import Write


class RowChanged(Exception):
    """The condition of a write failed. `row` is the stored row; empty if there is none."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__("condition failed")
        self.row = row


def read(table: str, pk: str, sk: str) -> dict[str, Any]:
    """The row, or {}."""
    found = dynamodb().get_item(TableName=table, Key=item({"pk": pk, "sk": sk}), ConsistentRead=True)
    return plain(found.get("Item", {}))


def change(
    write: Write, table: str, pk: str, sk: str, returned: Literal["ALL_NEW", "ALL_OLD"] = "ALL_NEW"
) -> dict[str, Any]:
    """Makes the write and returns the row after it (before it, with `returned` ALL_OLD). Raises: RowChanged."""
    arguments = write.arguments()
    try:
        return _written(lambda: dynamodb().update_item(**arguments, ReturnValues=returned))
    except RowChanged as changed:
        raise RowChanged(changed.row or read(table, pk, sk)) from changed


def store(table: str, row: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Puts a whole row. `options` are PutItem's; with `ReturnValues` it returns the old row. Raises: RowChanged."""
    stored = item(row)
    return _written(lambda: dynamodb().put_item(TableName=table, Item=stored, **options))


def discard(table: str, pk: str, sk: str, **options: Any) -> dict[str, Any]:
    """Deletes a row. `options` are DeleteItem's; with `ReturnValues` it returns the old row. Raises: RowChanged."""
    key = item({"pk": pk, "sk": sk})
    return _written(lambda: dynamodb().delete_item(TableName=table, Key=key, **options))


def _written(write: Callable[[], Any]) -> dict[str, Any]:
    """The attributes of the answer. Raises: RowChanged (without a row if the write did not ask for it), StoreBusy."""
    try:
        answer = despite_conflicts(write)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        before: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
        raise RowChanged(plain(before)) from error
    return plain(answer.get("Attributes", {}))


def query(
    table: str, pk: str, *, limit: int | None = None, begins_with: str | None = None, at_least: str | None = None
) -> Sequence[dict[str, Any]]:
    """Rows of one partition in order: all, or the first `limit`. At most one argument may limit the sort key."""
    condition, values = "pk = :p", {":p": pk}
    if begins_with is not None:
        condition, values = "pk = :p AND begins_with(sk, :s)", {":p": pk, ":s": begins_with}
    elif at_least is not None:
        condition, values = "pk = :p AND sk >= :s", {":p": pk, ":s": at_least}
    arguments: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": item(values),
        "ConsistentRead": True,
        **({"Limit": limit} if limit else {}),
    }
    found: list[dict[str, Any]] = []
    while True:
        answer = dynamodb().query(**arguments)
        found += [plain(row) for row in answer["Items"]]
        if "LastEvaluatedKey" not in answer or (limit and len(found) >= limit):
            return found[:limit]
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
