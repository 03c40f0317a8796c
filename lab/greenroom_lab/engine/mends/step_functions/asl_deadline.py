"""Gap: a machine's own TimeoutSeconds is not enforced, and an execution that was stopped can still fail afterwards.

Also starts an execution after 20 ms instead of 150 ms.
"""

from __future__ import annotations

import contextvars
import json
import threading
from typing import Any

from ministack.services import stepfunctions

from greenroom_lab.engine.mends.patching import rewrite


def apply() -> None:
    rewrite(stepfunctions, "_run_execution", ("    time.sleep(0.15)\n", "    time.sleep(0.02)\n"))
    run, fail = stepfunctions._run_execution, stepfunctions._fail_execution

    def run_until_deadline(execution_arn: str) -> None:
        timer = deadline_of(stepfunctions._executions.get(execution_arn))
        if timer:
            timer.start()
        run(execution_arn)
        if timer:
            timer.cancel()

    def fail_if_running(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    stepfunctions._run_execution = run_until_deadline
    stepfunctions._fail_execution = fail_if_running


def deadline_of(execution: dict[str, Any] | None) -> threading.Timer | None:
    """A timer that ends the execution, when its machine has a TimeoutSeconds."""
    state_machine = execution and stepfunctions._state_machines.get(execution["stateMachineArn"])
    if not execution or not state_machine:
        return None
    try:
        limit_s = json.loads(state_machine["definition"]).get("TimeoutSeconds")
    except ValueError:
        return None
    if not limit_s:
        return None
    # A timer's thread does not inherit the account and region of the caller.
    timer = threading.Timer(limit_s, contextvars.copy_context().run, (time_out, execution))
    timer.daemon = True
    return timer


def time_out(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution.update(
        status="TIMED_OUT", stopDate=stepfunctions.now_iso(), error="States.Timeout", cause="State machine timed out"
    )
    details = {"executionTimedOutEventDetails": {"error": "States.Timeout"}}
    stepfunctions._add_event(execution, "ExecutionTimedOut", details)
    stepfunctions._emit_execution_status_event(execution)
