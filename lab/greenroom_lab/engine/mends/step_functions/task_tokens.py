"""Gap: a second answer to a token overwrites the first, and every dead token is `TaskDoesNotExist`.

On AWS the first answer wins; a token whose task is closed (answered, timed out, stopped) gives `TaskTimedOut`, and one
that never existed `InvalidToken`.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

Answer = Callable[[dict[str, Any]], Any]


class Tokens(dict[str, Any]):
    """The open tokens, remembering those that were closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: set[str] = set()

    def pop(self, token: str, *default: Any) -> Any:
        self.closed.add(token)
        return super().pop(token, *default)


def apply() -> None:
    tokens, lock = Tokens(), threading.Lock()
    stepfunctions._task_tokens = tokens

    def once(answer: Answer) -> Answer:
        def answer_once(data: dict[str, Any]) -> Any:
            token = data.get("taskToken") or ""
            with lock:
                record = tokens.get(token)
                if record and not record["event"].is_set():
                    return answer(data)
            if record or token in tokens.closed:
                message = "Task Timed Out: 'Provided task does not exist anymore'"
                return stepfunctions.error_response_json("TaskTimedOut", message, 400)
            return stepfunctions.error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)

        return answer_once

    for name in ("_send_task_success", "_send_task_failure", "_send_task_heartbeat"):
        setattr(stepfunctions, name, once(getattr(stepfunctions, name)))
