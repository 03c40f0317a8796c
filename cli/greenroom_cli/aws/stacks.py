"""What CloudFormation knows of a stack. "It is not there" is an answer; an error of any other kind is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

PASSING = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "InternalFailure", "ServiceUnavailable"}
)
"""Error codes of an AWS that is busy or broken at the moment. Source: CloudFormation API reference, common errors."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`stack_id` names it beyond its deletion, when its name does not any more."""

    stack_id: str
    status: str
    outputs: Mapping[str, str]

    @property
    def is_gone(self) -> bool:
        return self.status == "DELETE_COMPLETE"


def find_stack(cloudformation: Any, name_or_id: str) -> Stack | None:
    """None where CloudFormation says that there is no such stack. Raises: ClientError, BotoCoreError for all else."""
    try:
        found = cloudformation.describe_stacks(StackName=name_or_id)["Stacks"][0]
    except ClientError as error:
        if _says_that_it_is_not_there(error):
            return None
        raise
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return Stack(found["StackId"], found["StackStatus"], outputs)


def _says_that_it_is_not_there(error: ClientError) -> bool:
    """ValidationError stands for everything wrong with a request; only its message says that a stack is absent.

    Source: `aws cloudformation deploy` and `sam deploy` know it by the same words.
    """
    answer = error.response["Error"]
    return answer["Code"] == "ValidationError" and answer["Message"].endswith("does not exist")


def is_passing(error: Exception) -> bool:
    """Whether asking again makes sense: AWS was busy, broken or not reached."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in PASSING or status >= 500
    return isinstance(error, (ConnectionError, HTTPClientError))
