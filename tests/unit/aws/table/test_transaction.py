"""What a cancelled transaction means: an answer, a moment's conflict, or a fault."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from greenroom.aws.table import conflicts, transaction
from greenroom.aws.table.conflicts import ATTEMPTS
from greenroom.aws.table.transaction import Refused, transact
from greenroom.domain.errors import StoreBusy


class FlakyDatabase:
    """Fails as told, then works; remembers the request tokens."""

    def __init__(self, *failures: ClientError) -> None:
        self.failures = list(failures)
        self.tokens: list[str] = []

    def transact_write_items(self, TransactItems: Any, ClientRequestToken: str) -> None:
        self.tokens.append(ClientRequestToken)
        if self.failures:
            raise self.failures.pop(0)


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    error = {"Code": "TransactionCanceledException", "Message": "[ConditionalCheckFailed] is only text"}
    return ClientError({"Error": error, "CancellationReasons": reasons}, "TransactWriteItems")  # type: ignore[typeddict-unknown-key]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> FlakyDatabase:
    """Stands where the AWS client does."""
    fake = FlakyDatabase()
    monkeypatch.setattr(transaction, "dynamodb", lambda: fake)
    monkeypatch.setattr(conflicts.time, "sleep", lambda _: None)
    return fake


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_what_passes_is_tried_again_each_time_with_a_token_of_its_own(database: FlakyDatabase, code: str) -> None:
    database.failures = [cancelled("None", code), cancelled(code, "None")]
    transact([{}, {}])
    assert len(set(database.tokens)) == 3


def test_a_failed_condition_is_an_answer_and_not_tried_again(database: FlakyDatabase) -> None:
    database.failures = [cancelled("None", "ConditionalCheckFailed", "TransactionConflict")]
    with pytest.raises(Refused) as refused:
        transact([{}, {}, {}])
    assert [refused.value.failed(index) for index in range(3)] == [False, True, False]
    assert len(database.tokens) == 1


def test_conflicts_without_end_are_given_up(database: FlakyDatabase) -> None:
    database.failures = [cancelled("TransactionConflict")] * (ATTEMPTS + 1)
    with pytest.raises(StoreBusy):
        transact([{}])
    assert len(database.tokens) == ATTEMPTS


def test_a_fault_is_raised_at_once(database: FlakyDatabase) -> None:
    database.failures = [cancelled("ValidationError")]
    with pytest.raises(ClientError):
        transact([{}])
    assert len(database.tokens) == 1
