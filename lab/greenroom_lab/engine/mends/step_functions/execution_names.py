"""Gap: StartExecution is not idempotent, and a nested start reports a taken name without its service's prefix.

On AWS a Standard machine answers the same name and input with the running execution; another input, or a closed
execution, is `ExecutionAlreadyExists`; from a machine, `StepFunctions.ExecutionAlreadyExistsException`.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

import threading
from typing import Any

from ministack.services import stepfunctions

Json = dict[str, Any]


def apply() -> None:
    start, start_nested = stepfunctions._start_execution, stepfunctions._invoke_nested_start_execution
    lock = threading.Lock()

    def start_once(data: Json) -> Any:
        with lock:
            running = running_execution(data)
            if running:
                answer = {"executionArn": running["executionArn"], "startDate": running["startDate"]}
                return stepfunctions.json_response(answer)
            return start(data)

    def start_nested_with_prefix(resource: str, data: Json) -> Any:
        try:
            return start_nested(resource, data)
        except stepfunctions._ExecutionError as error:
            if "." in error.error:
                raise
            raise stepfunctions._ExecutionError(f"StepFunctions.{error.error}Exception", error.cause) from error

    stepfunctions._start_execution = start_once
    stepfunctions._invoke_nested_start_execution = start_nested_with_prefix


def running_execution(data: Json) -> Json | None:
    """The execution that this request already started, if it still runs."""
    state_machine_arn = stepfunctions._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    state_machine = stepfunctions._state_machines.get(state_machine_arn) if state_machine_arn else None
    if not state_machine or not data.get("name") or state_machine["type"] != "STANDARD":
        return None
    arn = state_machine_arn.replace(":stateMachine:", ":execution:", 1) + ":" + data["name"]
    execution: Json | None = stepfunctions._executions.get(arn)
    same = execution and execution["status"] == "RUNNING" and execution["input"] == data.get("input", "{}")
    return execution if same else None
