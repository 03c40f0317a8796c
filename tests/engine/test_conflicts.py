"""Mend table_conflicts: writes that find their item in a running transaction."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from greenroom_lab.engine.conflicts import Conflicts

from tests.engine.test_functions import invoke, is_kept

KEY = {"pk": {"S": "busy"}, "sk": {"S": "1"}}


@contextmanager
def conflicts(aws: Any, **plan: int) -> Iterator[None]:
    aws.engine.control("PUT", "conflicts", plan)
    try:
        yield
    finally:
        aws.engine.control("PUT", "conflicts", {"every": 0})


def writes_of(aws: Any) -> list[Any]:
    """Each single write, as a call without arguments."""
    table, database = aws.outputs["Table"], aws.client("dynamodb")
    return [
        lambda: database.put_item(TableName=table, Item=KEY),
        lambda: database.update_item(
            TableName=table,
            Key=KEY,
            UpdateExpression="ADD #n :one",
            ExpressionAttributeNames={"#n": "number"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        ),
        lambda: database.delete_item(TableName=table, Key=KEY),
    ]


@pytest.mark.parametrize("write", [0, 1, 2], ids=["put", "update", "delete"])
def test_every_second_single_write_is_refused_and_writes_nothing(aws: Any, write: int) -> None:
    call, database = writes_of(aws)[write], aws.client("dynamodb")
    database.delete_item(TableName=aws.outputs["Table"], Key=KEY)
    with conflicts(aws, every=2):
        call()
        before = database.get_item(TableName=aws.outputs["Table"], Key=KEY, ConsistentRead=True).get("Item")
        with pytest.raises(database.exceptions.TransactionConflictException):
            call()
        after = database.get_item(TableName=aws.outputs["Table"], Key=KEY, ConsistentRead=True).get("Item")
        assert before == after
        call()
        assert sum(aws.engine.control("GET", "conflicts")["met"].values()) == 1
    call()
    call()


def test_a_transaction_is_cancelled_for_one_of_its_items(aws: Any) -> None:
    database, table = aws.client("dynamodb"), aws.outputs["Table"]
    items = [{"Put": {"TableName": table, "Item": {**KEY, "sk": {"S": f"t-{number}"}}}} for number in range(3)]
    with conflicts(aws, every=1), pytest.raises(ClientError) as refused:
        database.transact_write_items(TransactItems=items)
    assert refused.value.response["Error"]["Code"] == "TransactionCanceledException"
    codes = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]  # type: ignore[typeddict-item]
    assert sorted(codes) == ["None", "None", "TransactionConflict"]
    for number in range(3):
        key = {**KEY, "sk": {"S": f"t-{number}"}}
        assert "Item" not in database.get_item(TableName=table, Key=key, ConsistentRead=True)


def test_a_function_meets_it_too_and_reads_never_do(aws: Any) -> None:
    with conflicts(aws, every=1):
        failed = invoke(aws, do="keep", execution="conflict", token="kept")
        assert failed["errorType"] == "TransactionConflictException"
        assert not is_kept(aws, "conflict")


def test_a_door_that_is_told_nonsense_changes_nothing(aws: Any) -> None:
    with pytest.raises(urllib.error.HTTPError):
        aws.engine.control("PUT", "conflicts", {"every": 2, "lasting": 0})
    assert aws.engine.control("GET", "conflicts") == {"every": 0, "lasting": 1, "met": {}}


def test_a_conflict_that_lasts_refuses_the_item_and_no_other() -> None:
    plan = Conflicts(every=3, lasting=4)
    mine, other = ({"TableName": "t", "Key": {**KEY, "sk": {"S": name}}} for name in ("mine", "other"))

    def passes(request: Any) -> bool:
        return plan.refusal_of("UpdateItem", request) is None

    assert [passes(mine) for _ in range(3)] == [True, True, False]
    assert [passes(other), passes(mine), passes(other), passes(mine), passes(mine)] == [True, False, True, False, False]
    assert plan.met == {"UpdateItem": 4}
    assert plan.refusal_of("GetItem", mine) is None
