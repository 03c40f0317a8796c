"""Gaps of results: no `Succeed.Output`, no 256 KiB limit, and a failed `.sync:2` child keeps its own error.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html (maximum input or output size: 262,144
bytes of UTF-8); https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html (States.TaskFailed)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from greenroom_lab.engine.mends.patching import rewrite

LARGEST_RESULT_BYTES = 262_144


def apply() -> None:
    for produce in ("_invoke_with_callback", "_invoke_resource_with_timeout", "_invoke_resource"):
        setattr(stepfunctions, produce, limited(getattr(stepfunctions, produce)))
    rewrite(
        stepfunctions,
        "_invoke_nested_start_execution_sync",
        (
            "        raise _ExecutionError(error, cause)",
            '        raise _ExecutionError("States.TaskFailed", json.dumps('
            '{"Error": error, "Cause": cause, "Status": payload.get("status")}))',
        ),
    )
    apply_output = stepfunctions._apply_output_path

    def apply_output_of_succeed(state: dict[str, Any], data: Any, context: Any = None) -> Any:
        if state.get("Type") == "Succeed" and "Output" in state:
            return stepfunctions._apply_jsonata_output(state, data, context, default=data)
        return apply_output(state, data, context)

    stepfunctions._apply_output_path = apply_output_of_succeed


def limited(produce: Callable[..., Any]) -> Callable[..., Any]:
    """The result of a task, or States.DataLimitExceeded."""

    def produce_limited(*args: Any) -> Any:
        result = produce(*args)
        if len(json.dumps(result, ensure_ascii=False).encode()) > LARGEST_RESULT_BYTES:
            raise stepfunctions._ExecutionError(
                "States.DataLimitExceeded",
                "The state/task returned a result with a size exceeding the maximum number of bytes service limit.",
            )
        return result

    return produce_limited
