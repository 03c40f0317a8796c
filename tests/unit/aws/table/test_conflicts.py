"""A single write that meets a running transaction is made again; what lasts is told by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from greenroom.aws import clients
from greenroom.aws.table import conflicts, rows
from greenroom.aws.table.conflicts import ATTEMPTS
from greenroom.aws.table.rows import RowChanged, change, discard, read, store
from greenroom.aws.table.transaction import transact
from greenroom.aws.table.write import Write
from greenroom.domain.errors import StoreBusy

ROW = {"pk": "a", "sk": "b", "number": 1}


def refused(code: str, operation: str = "UpdateItem") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, operation)


class BusyDatabase:
    """Fails as told, then works; remembers what it was asked."""

    def __init__(self) -> None:
        self.failures: list[ClientError] = []
        self.asked: list[dict[str, Any]] = []

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        if self.failures:
            raise self.failures.pop(0)
        return {"Attributes": {"number": {"N": "2"}}}

    put_item = delete_item = update_item


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> BusyDatabase:
    """Stands where the AWS client does."""
    fake = BusyDatabase()
    monkeypatch.setattr(rows, "dynamodb", lambda: fake)
    monkeypatch.setattr(conflicts.time, "sleep", lambda _: None)
    return fake


def update() -> dict[str, Any]:
    return change(Write("table", "a", "b").count("number"), "table", "a", "b")


def put() -> dict[str, Any]:
    return store("table", ROW, ReturnValues="ALL_OLD")


def delete() -> dict[str, Any]:
    return discard("table", "a", "b", ReturnValues="ALL_OLD")


single_write = pytest.mark.parametrize("write", [update, put, delete])


@single_write
def test_a_write_that_meets_a_transaction_is_made_again_as_it_was(
    database: BusyDatabase, write: Callable[[], dict[str, Any]]
) -> None:
    database.failures = [refused("TransactionConflictException")] * (ATTEMPTS - 1)
    assert write() == {"number": 2}
    assert len(database.asked) == ATTEMPTS
    assert all(each == database.asked[0] for each in database.asked)


@single_write
def test_a_conflict_without_end_is_told_by_its_name(
    database: BusyDatabase, write: Callable[[], dict[str, Any]]
) -> None:
    database.failures = [refused("TransactionConflictException")] * (ATTEMPTS + 1)
    with pytest.raises(StoreBusy):
        write()
    assert len(database.asked) == ATTEMPTS


@single_write
def test_a_condition_that_fails_after_a_conflict_is_an_answer(
    database: BusyDatabase, write: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "read", lambda *_: ROW)
    database.failures = [refused("TransactionConflictException"), refused("ConditionalCheckFailedException")]
    with pytest.raises(RowChanged):
        write()
    assert len(database.asked) == 2


@single_write
def test_a_fault_is_raised_at_once(database: BusyDatabase, write: Callable[[], dict[str, Any]]) -> None:
    database.failures = [refused("ValidationException")]
    with pytest.raises(ClientError):
        write()
    assert len(database.asked) == 1


def test_pauses_between_the_tries_are_bounded_and_jittered(
    database: BusyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(conflicts.time, "sleep", pauses.append)
    monkeypatch.setattr(conflicts.random, "uniform", lambda least, most: (least, most)[1])
    database.failures = [refused("TransactionConflictException")] * ATTEMPTS
    with pytest.raises(StoreBusy):
        update()
    assert pauses == [0.01, 0.02, 0.04, 0.08, 0.16, 0.2, 0.2]


# -- what botocore tried for itself already, at the real client


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, str], list[str]]]:
    """Make the real client get this answer to every call; gives the calls it was asked."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients.dynamodb.cache_clear()

    def refuse(status: int, code: str) -> list[str]:
        calls: list[str] = []

        def answer(model: Any, **_: Any) -> Any:
            calls.append(model.name)
            parsed = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
            return AWSResponse("", status, {}, None), parsed

        clients.dynamodb().meta.events.register("before-call.dynamodb", answer)
        return calls

    yield refuse
    clients.dynamodb.cache_clear()


def rewrite() -> None:
    transact([Write("table", "a", "b").count("number").as_update()])


@pytest.mark.parametrize("call", [update, put, delete, rewrite, lambda: read("table", "a", "b")])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ThrottlingException"),
        (400, "RequestLimitExceeded"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
    ],
)
def test_a_throttle_or_fault_that_outlasts_the_client_has_the_same_name_and_is_not_tried_eight_times_more(
    refusing: Callable[[int, str], list[str]], call: Callable[[], Any], status: int, code: str
) -> None:
    calls = refusing(status, code)
    with pytest.raises(StoreBusy, match=code):
        call()
    assert len(calls) == 1


def test_a_refusal_that_will_not_pass_stays_what_it_is(refusing: Callable[[int, str], list[str]]) -> None:
    refusing(400, "AccessDeniedException")
    with pytest.raises(ClientError):
        update()
