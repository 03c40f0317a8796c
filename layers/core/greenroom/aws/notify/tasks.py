"""Answers waiting state machines through Step Functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from greenroom.aws.clients import client
from greenroom.domain.errors import TaskGone

_GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class StepFunctionsTasks:
    """ports.TaskTokens."""

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        try:
            client("stepfunctions").send_task_success(taskToken=task_token, output=json.dumps(output))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            raise TaskGone(error.response["Error"]["Code"]) from error
