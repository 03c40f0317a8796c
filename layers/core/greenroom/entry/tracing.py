"""Tracing: the only module that knows the tracer.

The X-Ray SDK's support ends 2027-02-25; its replacement changes this file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Tracer

Handler = Callable[[dict[str, Any], Any], Any]
_SESSION_PATHS = (("sessionId",), ("detail", "sessionId"), ("pathParameters", "sessionId"))


def traced(handler: Handler) -> Handler:
    """A segment per invocation, annotated with the function, and with the session when the event names one.

    Neither event nor answer is captured: both may hold tokens.
    """
    tracer = Tracer(auto_patch=False)  # patching would import every library it knows, at each cold start

    def annotated(event: dict[str, Any], context: Any) -> Any:
        tracer.put_annotation("function", str(getattr(context, "function_name", "unknown")))
        if session_id := session_in(event):
            tracer.put_annotation("sessionId", session_id)
        return handler(event, context)

    wrapped: Handler = tracer.capture_lambda_handler(annotated, capture_response=False, capture_error=False)
    return wrapped


def trace_aws_calls() -> None:
    """A subsegment per AWS call from here on. Called where AWS is used: patching imports botocore."""
    Tracer(auto_patch=True, patch_modules=["botocore"])


def annotate_session(session_id: str) -> None:
    """Name the session of this invocation when only the work itself learns it."""
    Tracer(auto_patch=False).put_annotation("sessionId", session_id)


def session_in(event: Mapping[str, Any]) -> str | None:
    """The session an event names, wherever its kind of event carries it."""
    for path in _SESSION_PATHS:
        value: Any = event
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, str):
            return value
    return None
