"""Gap: no function ever dies in the middle of its work, as on AWS when memory runs out or a host is lost.

A process that `/_greenroom/crashes` dooms gets SIGKILL, before or after one of its writes to DynamoDB: what was written
stays, the rest never happens, and whoever invoked it is told that it died. The trace header of the call tells which
process makes it: its root is one invocation's.
"""

from __future__ import annotations

from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json
from ministack.services import dynamodb

from greenroom_lab.engine.crashes import AFTER, BEFORE, CRASHES


def apply() -> None:
    at_work: dict[str, Any] = {}
    """Root of a trace → the worker whose invocation it is."""
    invoke, handle = lambda_runtime.Worker.invoke, dynamodb.handle_request

    def invoke_and_note(self: Any, event: Any, request_id: str, **kwargs: Any) -> Any:
        root = root_of(kwargs.get("trace_id") or "")
        at_work[root] = self
        try:
            return invoke(self, event, request_id, **kwargs)
        finally:
            at_work.pop(root, None)

    async def handle_or_crash(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        worker = at_work.get(root_of(headers.get("x-amzn-trace-id", "")))
        call = headers.get("x-amz-target", "").rpartition(".")[2]
        moment = CRASHES.moment_of(worker.func_name, call) if worker else None
        if moment == BEFORE:
            kill(worker)
            return error_response_json("InternalServerError", "whoever asked is dead", 500)
        answer = await handle(method, path, headers, body, query_params)
        if moment == AFTER:
            kill(worker)
        return answer

    lambda_runtime.Worker.invoke, dynamodb.handle_request = invoke_and_note, handle_or_crash


def root_of(trace: str) -> str:
    """`Root=1-…;Parent=…;Sampled=1` → `1-…`; empty without one."""
    fields = dict(part.split("=", 1) for part in trace.split(";") if "=" in part)
    return fields.get("Root", "")


def kill(worker: Any) -> None:
    """SIGKILL: nothing of it runs on."""
    process = worker._proc
    if process is not None:
        process.kill()
