"""Only CloudFormation's own word ends a destroy: an error is no answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from greenroom_cli.aws.stacks import Stack, find_stack
from greenroom_cli.removal.stack_deletion import DestroyFailed, delete_stack

ID = "arn:aws:cloudformation:us-east-1:000000000000:stack/greenroom/1"
STACK = Stack(ID, "CREATE_COMPLETE", {})
FINAL = ["ExpiredToken", "AccessDenied", "InvalidClientTokenId", "UnrecognizedClientException"]


@contextmanager
def cloudformation() -> Iterator[tuple[Any, Stubber]]:
    """A client that tells what it is given and never asks a second time by itself."""
    client: Any = boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def tell(stub: Stubber, status: str) -> None:
    stack = {"StackName": "greenroom", "StackId": ID, "StackStatus": status, "CreationTime": "2026-01-01T00:00:00Z"}
    stub.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": ID})


def fail(stub: Stubber, code: str, message: str = "no", http_status: int = 400) -> None:
    stub.add_client_error("describe_stacks", code, message, http_status_code=http_status)


@pytest.mark.parametrize("code", [*FINAL, "Throttling", "ValidationError"])
def test_an_error_does_not_mean_that_there_is_no_stack(code: str) -> None:
    with cloudformation() as (client, stub):
        fail(stub, code, "Rate exceeded")
        with pytest.raises(ClientError):
            find_stack(client, "greenroom")


def test_a_stack_that_cloudformation_does_not_know_is_not_there() -> None:
    with cloudformation() as (client, stub):
        fail(stub, "ValidationError", "Stack with id greenroom does not exist")
        assert find_stack(client, "greenroom") is None


@pytest.mark.parametrize("code", FINAL)
def test_who_may_not_look_is_not_told_that_the_stack_is_gone(code: str) -> None:
    with cloudformation() as (client, stub):
        stub.add_response("delete_stack", {}, {"StackName": ID})
        tell(stub, "DELETE_IN_PROGRESS")
        fail(stub, code)
        with pytest.raises(ClientError):
            delete_stack(client, STACK, lambda seconds: None)


@pytest.mark.parametrize(("code", "http_status"), [("Throttling", 400), ("ServiceUnavailable", 503), ("Whatever", 500)])
def test_an_answer_that_failed_is_asked_again(code: str, http_status: int) -> None:
    with cloudformation() as (client, stub):
        stub.add_response("delete_stack", {}, {"StackName": ID})
        fail(stub, code, http_status=http_status)
        tell(stub, "DELETE_IN_PROGRESS")
        tell(stub, "DELETE_COMPLETE")
        delete_stack(client, STACK, lambda seconds: None)


def test_a_stack_that_cannot_be_deleted_is_told() -> None:
    with cloudformation() as (client, stub):
        stub.add_response("delete_stack", {}, {"StackName": ID})
        tell(stub, "DELETE_FAILED")
        with pytest.raises(DestroyFailed, match="DELETE_FAILED"):
            delete_stack(client, STACK, lambda seconds: None)


def test_a_network_that_fails_for_a_moment_ends_nothing() -> None:
    client = Unreachable(times=2)
    delete_stack(client, STACK, lambda seconds: None)
    assert client.asked == 3


class Unreachable:
    """CloudFormation behind a network that fails a few times."""

    def __init__(self, times: int) -> None:
        self.times, self.asked = times, 0

    def delete_stack(self, StackName: str) -> None: ...

    def describe_stacks(self, StackName: str) -> Any:
        self.asked += 1
        if self.asked <= self.times:
            raise EndpointConnectionError(endpoint_url="https://cloudformation")
        return {"Stacks": [{"StackId": ID, "StackStatus": "DELETE_COMPLETE"}]}
