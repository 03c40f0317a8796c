"""Gap: there is no X-Ray service, and every trace is called recorded.

With a sink (`AWS_XRAY_DAEMON_ADDRESS`, UDP), traces leave as they would on AWS: the functions inherit the address, so
that the X-Ray SDK sends its subsegments there; the function's own segment, which AWS Lambda itself writes, is written
here. Without a sink nobody records, and the functions are told so (`Sampled=0`), as AWS tells most invocations.
Only for functions with `Tracing: Active`.
Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

import json
import os
import socket
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

HEADER = b'{"format": "json", "version": 1}\n'


def apply() -> None:
    address = os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
    if address:
        host, port = address.rsplit(":", 1)
        send_segments((host, int(port)))
    else:
        say_that_nobody_records()


def send_segments(sink: tuple[str, int]) -> None:
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    invoke = lambda_runtime.Worker.invoke

    def invoke_with_segment(self: Any, event: Any, request_id: str, **kwargs: Any) -> Any:
        started = time.time()
        result = invoke(self, event, request_id, **kwargs)
        if kwargs.get("trace_id"):
            segment = segment_of(self.config, kwargs["trace_id"], request_id, started, result)
            out.sendto(HEADER + json.dumps(segment).encode(), sink)
        return result

    lambda_runtime.Worker.invoke = invoke_with_segment


def say_that_nobody_records() -> None:
    make = lambda_svc._xray_trace_id_for_invocation

    def unrecorded(*args: Any, **kwargs: Any) -> str | None:
        header: str | None = make(*args, **kwargs)
        return header.replace("Sampled=1", "Sampled=0") if header else header

    lambda_svc._xray_trace_id_for_invocation = unrecorded


def segment_of(
    config: dict[str, Any], trace: str, request_id: str, started: float, result: dict[str, Any]
) -> dict[str, Any]:
    """The segment of one invocation; `trace` is the header `Root=…;Parent=…;Sampled=1` the function was given."""
    fields = dict(part.split("=", 1) for part in trace.split(";"))
    return {
        "name": config.get("FunctionName", ""),
        "id": fields.get("Parent", ""),
        "trace_id": fields.get("Root", ""),
        "start_time": started,
        "end_time": time.time(),
        "origin": "AWS::Lambda::Function",
        "resource_arn": config.get("FunctionArn", ""),
        "fault": result.get("status") == "error",
        "aws": {"request_id": request_id},
    }
