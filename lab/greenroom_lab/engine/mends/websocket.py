"""Gap: all frames of all connections that reach one function queue behind a single process, and its logs are lost.

Sends WebSocket events the way HTTP ones go: through the pool (lambda_pool), with logs, tracing and error shapes.
As on AWS, a route whose function fails answers `{"message": "Internal server error", ...}` and keeps the connection.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import apigateway

from greenroom_lab.engine.mends.patching import rewrite


def apply() -> None:
    rewrite(
        apigateway,
        "_invoke_ws_lambda",
        ('if code_zip and runtime.startswith(("python", "nodejs")):', "if False:"),
    )
    invoke = apigateway._invoke_ws_lambda

    async def invoke_and_report(*args: Any, **kwargs: Any) -> Any:
        response = await invoke(*args, **kwargs)
        event_type, connection_id, request_id = args[6], args[5], args[7]
        if event_type == "MESSAGE" and response and response.get("statusCode") in (500, 502):
            body = {"message": "Internal server error", "connectionId": connection_id, "requestId": request_id}
            return {"statusCode": 500, "body": json.dumps(body)}
        return response

    apigateway._invoke_ws_lambda = invoke_and_report
