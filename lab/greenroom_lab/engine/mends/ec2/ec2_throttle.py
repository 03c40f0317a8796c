"""Gap: EC2 never throttles.

The next calls that `/_greenroom/account` names are refused with `RequestLimitExceeded` (503, as on AWS: the SDKs
repeat it, and each repetition counts). Every other call is counted by its action.
Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from greenroom_lab.engine.account_facts import admit


def apply() -> None:
    handle = ec2.handle_request

    async def handle_or_refuse(method: str, path: str, headers: Any, body: Any, query_params: dict[str, Any]) -> Any:
        parameters = {**query_params, **(ec2.parse_qs(_text(body)) if body else {})}
        if not admit(ec2._p(parameters, "Action")):
            return ec2._error("RequestLimitExceeded", "Request limit exceeded.", 503)
        return await handle(method, path, headers, body, query_params)

    ec2.handle_request = handle_or_refuse


def _text(body: Any) -> str:
    return body if isinstance(body, str) else str(body.decode("utf-8", "replace"))
