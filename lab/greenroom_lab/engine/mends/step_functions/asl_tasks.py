"""Gaps of Task states: TimeoutSeconds and HeartbeatSeconds, Retry's MaxDelaySeconds and jitter, failing token tasks.

- HeartbeatSeconds is not enforced; a JSONata TimeoutSeconds or HeartbeatSeconds crashes.
- Retry ignores MaxDelaySeconds and JitterStrategy; a retried token task keeps its old token.
- A Lambda error under waitForTaskToken is swallowed, and the state hangs; so does a task of a stopped execution.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

import random
import time
from typing import Any

from ministack.services import stepfunctions

from greenroom_lab.engine.mends.patching import rewrite

FOR_EVER_S = 99999
POLL_S = 0.25
Json = dict[str, Any]


def apply() -> None:
    stepfunctions._greenroom_seconds = seconds
    stepfunctions._greenroom_backoff = backoff
    stepfunctions._greenroom_await_token = await_token
    rewrite(
        stepfunctions,
        "_execute_task",
        (
            '                    resource, effective, ctx["Task"]["Token"], state_def)',
            '                    resource, effective, ctx["Task"]["Token"], {**state_def, "_execution": execution,'
            ' "TimeoutSeconds": _greenroom_seconds(state_def, "TimeoutSeconds", raw_input, ctx, 99999),'
            ' "HeartbeatSeconds": _greenroom_seconds(state_def, "HeartbeatSeconds", raw_input, ctx, 0)})',
        ),
        (
            'elif "TimeoutSeconds" in state_def and',
            'elif ("TimeoutSeconds" in state_def or "TimeoutSecondsPath" in state_def) and',
        ),
        (
            'resource, effective, state_def["TimeoutSeconds"])',
            'resource, effective, _greenroom_seconds(state_def, "TimeoutSeconds", raw_input, ctx, 99999))',
        ),
        ("_scaled_sleep(min(sleep_sec, 60))", "_scaled_sleep(_greenroom_backoff(retrier, count))"),
        (
            '        ctx["State"]["RetryCount"] = sum(retry_counts.values())\n',
            '        ctx["State"]["RetryCount"] = sum(retry_counts.values())\n'
            '        if is_callback:\n            ctx["Task"] = {"Token": new_uuid()}\n',
        ),
    )
    rewrite(
        stepfunctions,
        "_invoke_with_callback",
        (
            "        except _ExecutionError:\n            pass\n",
            "        except _ExecutionError:\n            _task_tokens.pop(token, None)\n            raise\n",
        ),
        ("if not evt.wait(timeout=timeout):", "if not _greenroom_await_token(evt, token, timeout, state_def):"),
    )


def seconds(state: Json, field: str, state_input: Any, context: Json, default: float) -> float:
    """A time limit given as a number, as a JSONata expression, or as a path."""
    if field + "Path" in state:
        value = stepfunctions._resolve_path_or_ctx(state[field + "Path"], state_input, context)
    else:
        value = state.get(field, default)
    if isinstance(value, str):
        value = stepfunctions._apply_jsonata_template(value, state_input, context)
    return float(value)


def backoff(retrier: Json, count: int) -> float:
    """Seconds to wait before retry number `count` (from 0)."""
    delay = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** count
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay


def await_token(answered: Any, token: str, timeout_s: float, state: Json) -> bool:
    """True once the token is answered; False when the time is up.

    Raises: States.HeartbeatTimeout; ExecutionStopped when the execution ended meanwhile: its tokens die with it.
    """
    fail = stepfunctions._ExecutionError
    heartbeat_s, execution = state.get("HeartbeatSeconds") or 0, state["_execution"]
    record = stepfunctions._task_tokens[token]
    ends = time.monotonic() + timeout_s
    beat_at, beat = time.monotonic(), None
    while not answered.wait(max(0.01, min(POLL_S, ends - time.monotonic()))):
        now = time.monotonic()
        if record.get("heartbeat") != beat:
            beat, beat_at = record["heartbeat"], now
        if heartbeat_s and now - beat_at > heartbeat_s:
            stepfunctions._task_tokens.pop(token, None)
            raise fail("States.HeartbeatTimeout", "Task heartbeat timed out")
        if execution["status"] != "RUNNING":
            stepfunctions._task_tokens.pop(token, None)
            raise fail("ExecutionStopped", "The execution ended while the task was waiting")
        if now >= ends:
            return False
    return True
