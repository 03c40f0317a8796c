"""Tracing. This is the only module that knows the X-Ray SDK, and it loads the SDK when Lambda first records a trace.

Lambda decides for each invocation whether its trace is recorded. Importing the SDK takes as long as all the rest
of a cold start, so an environment whose traces nobody records never loads it.
The SDK's support ends 2027-02-25; its replacement changes this file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from greenroom.entry.settings import trace_header

if TYPE_CHECKING:
    from aws_xray_sdk.core import AWSXRayRecorder

Handler = Callable[[dict[str, Any], Any], Any]
_SESSION_PATHS = (("sessionId",), ("detail", "sessionId"), ("pathParameters", "sessionId"))


def traced(handler: Handler, *, calls_aws: bool = False) -> Handler:
    """Records a subsegment for each invocation, annotated with the function and with the event's session.

    `calls_aws`: a subsegment per AWS call, too. Without it botocore is not even imported.
    Neither event nor answer is captured: both may hold tokens.
    """
    is_cold = True

    def invoked(event: dict[str, Any], context: Any) -> Any:
        nonlocal is_cold
        was_cold, is_cold = is_cold, False
        if not _is_recorded():
            return handler(event, context)
        if calls_aws:
            _trace_aws_calls()
        with _subsegment(event, context, was_cold):
            return handler(event, context)

    return invoked


def annotate_session(session_id: str) -> None:
    """Annotates this invocation with its session, for work that learns the session only later."""
    if _is_recorded():
        _recorder().put_annotation("sessionId", session_id)


def session_in(event: Mapping[str, Any]) -> str | None:
    """The session that the event names; its place depends on the kind of event."""
    for path in _SESSION_PATHS:
        value: Any = event
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, str):
            return value
    return None


def _is_recorded() -> bool:
    """Whether this invocation's trace is recorded. Source: X-Ray, "Tracing header": `Root=…;Parent=…;Sampled=1`."""
    return "Sampled=1" in trace_header().split(";")


@contextmanager
def _subsegment(event: dict[str, Any], context: Any, is_cold: bool) -> Iterator[None]:
    with _recorder().in_subsegment("## handler") as part:
        part.put_annotation("function", str(getattr(context, "function_name", "unknown")))
        part.put_annotation("ColdStart", is_cold)
        if session_id := session_in(event):
            part.put_annotation("sessionId", session_id)
        yield


@cache
def _recorder() -> AWSXRayRecorder:
    from aws_xray_sdk.core import xray_recorder

    xray_recorder.configure(streaming_threshold=0)  # send each part when it ends: a frozen environment sends nothing
    return xray_recorder


@cache
def _trace_aws_calls() -> None:
    """Traces AWS calls. It changes botocore's classes, so that existing clients are traced as well."""
    from aws_xray_sdk.core import patch

    patch(["botocore"])
