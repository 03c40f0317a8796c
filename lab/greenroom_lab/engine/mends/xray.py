"""Gap: there is no X-Ray service. With a sink (`AWS_XRAY_DAEMON_ADDRESS`, UDP), traces leave as they would on AWS.

The functions inherit the address, so that Powertools' Tracer sends its subsegments there; the function's own segment,
which AWS Lambda itself writes, is written here. Only for functions with `Tracing: Active`.
Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

import json
import os
import socket
import time
from typing import Any

from ministack.core import lambda_runtime

HEADER = b'{"format": "json", "version": 1}\n'


def apply() -> None:
    address = os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
    if not address:
        return
    host, port = address.rsplit(":", 1)
    sink = (host, int(port))
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
