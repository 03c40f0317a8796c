"""Pools are halted by a deployed function; where it is gone, failing or busy, destroying goes on and says so."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from greenroom_cli.removal.halt import Halted, halt_pools, payload


@dataclass
class Functions:
    """One function: it answers, or is refused."""

    answer: bytes = b""
    failure: Exception | None = None
    is_error: bool = False
    asked: Any = None

    def client(self, service: str, tries: int) -> Any:
        return self

    def invoke(self, **asked: Any) -> Any:
        self.asked = asked
        if self.failure:
            raise self.failure
        return {"Payload": io.BytesIO(self.answer), **({"FunctionError": "Unhandled"} if self.is_error else {})}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Invoke")


def test_the_function_of_this_stack_halts_every_pool() -> None:
    functions = Functions(b'{"halted": ["demo", "game"]}')
    assert halt_pools(functions, "show") == Halted(("demo", "game"))  # type: ignore[arg-type]
    assert functions.asked["FunctionName"] == "show-operate_pool"
    assert json.loads(functions.asked["Payload"]) == payload()


@pytest.mark.parametrize(
    ("desc", "functions", "why"),
    [
        ("the function is gone", Functions(failure=refusal("ResourceNotFoundException")), "ResourceNotFoundException"),
        ("its role is gone", Functions(failure=refusal("AccessDeniedException")), "AccessDeniedException"),
        ("it is throttled", Functions(failure=refusal("TooManyRequestsException")), "TooManyRequestsException"),
        ("it hangs", Functions(failure=ReadTimeoutError(endpoint_url="https://lambda")), "https://lambda"),
        ("a table is gone", Functions(b'{"errorMessage": "no table", "errorType": "X"}', is_error=True), "no table"),
        ("it died", Functions(b"", is_error=True), "operate_pool answered"),
        ("an older stack's", Functions(b'{"statusCode": 403, "body": "{}"}'), "403"),
        ("it answers nothing", Functions(b"null"), "null"),
    ],
)
def test_without_it_nothing_stops_and_the_reason_is_kept(desc: str, functions: Functions, why: str) -> None:
    halted = halt_pools(functions, "greenroom")  # type: ignore[arg-type]
    assert halted.pools is None, desc
    assert why in halted.why, desc


def test_of_a_function_that_failed_its_own_words_are_kept() -> None:
    functions = Functions(b'{"errorMessage": "no table", "errorType": "X"}', is_error=True)
    assert halt_pools(functions, "greenroom").why == "no table"  # type: ignore[arg-type]


def test_what_is_no_answer_of_aws_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        halt_pools(Functions(failure=ZeroDivisionError()), "greenroom")  # type: ignore[arg-type]
    assert issubclass(ReadTimeoutError, BotoCoreError)
