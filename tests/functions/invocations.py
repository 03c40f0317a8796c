"""Loading handlers, and the events the doors send them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from greenroom.entry.settings import Settings

_ROOT = Path(__file__).parents[2]

LAUNCH, LEAVE = "POST /sessions", "DELETE /sessions/{sessionId}"
LIST_SESSIONS, READ_SESSION, TICKET = "GET /sessions", "GET /sessions/{sessionId}", "POST /sessions/{sessionId}/ticket"
REGISTER, HEARTBEAT = "POST /agent/register", "POST /agent/heartbeat"
SLOT_EVENT, SOCKET_TICKET = "POST /agent/slot-events", "POST /agent/socket-ticket"


def handle_of(function: str) -> Callable[..., Any]:
    """`handle` of functions/<function>/handler.py."""
    handle: Callable[..., Any] = module_of(function).handle
    return handle


@cache
def module_of(function: str) -> ModuleType:
    """functions/<function>/handler.py."""
    spec = importlib.util.spec_from_file_location(f"{function}_handler", _ROOT / "functions" / function / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sample(function: str) -> Any:
    """The function's event of events/samples."""
    return json.loads((_ROOT / f"events/samples/{function}.json").read_text())


def viewer_event(
    route: str, body: Any = None, viewer: str = "ada", groups: str = "viewers,tenant-acme", **path: str
) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) at a route, after authorize_viewer let the caller in."""
    context = {"viewerId": viewer, "tenantId": "acme", "groups": groups}
    return {
        "version": "2.0",
        "routeKey": route,
        "requestContext": {"authorizer": {"lambda": context}},
        "pathParameters": path or None,
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
    }


def operate(
    function: str, route: str, body: Any, ports: Any, groups: str = "operators,tenant-acme", **path: str
) -> dict[str, Any]:
    """What a function answers an operator at one of its routes."""
    event = viewer_event(route, body, viewer="op", groups=groups, **path)
    answer: dict[str, Any] = handle_of(function)(event, ports)
    return answer


INSTANCE_ROLE = "arn:aws:iam::123456789012:role/greenroom/greenroom-InstanceRole-EXAMPLE"
"""With a path, which the ARN of its sessions does not have."""
SETTINGS = Settings(
    {
        "INSTANCE_ROLE_ARN": INSTANCE_ROLE,
        "SOCKET_URL": "wss://x/socket",
        "ICE_SERVERS": '[{"urls": ["stun:x"]}]',
        "HEARTBEAT_S": "15",
        "LEASE_S": "45",
        "LAUNCH_TEMPLATE_ID": "lt-1",
        "SUBNET_IDS": "subnet-a,subnet-b",
        "STACK_NAME": "greenroom",
    }
)
"""What the functions that are asked here are told."""
INSTANCE_SESSION = "arn:aws:sts::123456789012:assumed-role/greenroom-InstanceRole-EXAMPLE"


def agent_event(route: str, body: Any, instance_id: str, role: str = INSTANCE_SESSION) -> dict[str, Any]:
    """An HTTP API event at a route, signed with an instance profile's credentials."""
    about = {"authorizer": {"iam": {"userArn": f"{role}/{instance_id}"}}}
    return {"routeKey": route, "requestContext": about, "body": json.dumps(body)}


def socket_event(connection_id: str, body: Any = None, event_type: str = "MESSAGE", **context: str) -> dict[str, Any]:
    """A WebSocket event on an open, an opening (CONNECT) or a closed (DISCONNECT) connection, at its usual route."""
    route = {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}.get(event_type, "$default")
    about = {"connectionId": connection_id, "eventType": event_type, "routeKey": route, "authorizer": context}
    return {"requestContext": about, "body": None if body is None else json.dumps(body)}


def body_of(answer: dict[str, Any]) -> Any:
    """What the client reads."""
    return json.loads(answer["body"])
