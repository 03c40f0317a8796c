"""Makes the HTTP problem (RFC 9457) that a client gets for each domain error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.domain import errors
from greenroom.domain.times import iso

_ADDRESS = "https://greenroom.dev/problems/"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: its name in the `type` address, its HTTP status, its title."""

    name: str
    status: int
    title: str


_KINDS: Mapping[type[Exception], Kind] = {
    errors.InvalidField: Kind("invalid-field", 400, "A field is missing or wrong."),
    errors.NotFound: Kind("not-found", 404, "There is nothing by this name."),
    errors.Forbidden: Kind("forbidden", 403, "The caller may not do this."),
    errors.UnknownInstance: Kind("forbidden", 403, "This stack did not launch the instance, or has ended it."),
    errors.ViewerLimitReached: Kind("viewer-limit", 409, "The viewer already has as many sessions as allowed."),
    errors.QuotaExceeded: Kind("quota-exceeded", 429, "A limit is reached."),
    errors.KillSwitchThrown: Kind("kill-switch", 503, "New sessions are stopped at the moment."),
    errors.SessionHasEnded: Kind("session-ended", 409, "The session has ended."),
    errors.EventHasEnded: Kind("event-ended", 409, "The event is over or cancelled."),
    errors.StaleEpoch: Kind("stale-epoch", 409, "The slot has a newer holder."),
    errors.InstanceHasEnded: Kind("instance-ended", 409, "The instance was given up."),
    errors.StaleBoot: Kind("stale-boot", 409, "The instance has registered again since."),
    errors.Conflict: Kind("conflict", 409, "Somebody else changed it at the same time."),
    errors.ApplicationClosed: Kind("closed", 403, "The application is closed at the moment."),
    errors.NotOpenYet: Kind("not-open", 403, "The application is not open yet."),
    errors.LineFull: Kind("line-full", 503, "The line is full."),
    errors.StoreBusy: Kind("busy", 503, "The service is busy. Repeating the same request is safe."),
    errors.CapacityUnavailable: Kind("capacity-unavailable", 503, "There is no capacity at the moment."),
}


def problem_of(error: errors.GreenroomError) -> dict[str, Any]:
    """The HTTP answer for a domain error. Raises: the error itself if no client may see it (a 500)."""
    kind = next((_KINDS[each] for each in type(error).__mro__ if each in _KINDS), None)
    if kind is None:
        raise error
    extra: dict[str, Any] = {}
    if isinstance(error, errors.InvalidField):
        extra["field"] = error.field
    if isinstance(error, errors.ViewerLimitReached):
        extra["sessionId"] = error.session_id
    if isinstance(error, errors.QuotaExceeded):
        extra |= {"scope": error.scope, "quota": error.name, "limit": error.limit}
        extra |= {"tryAgainAt": iso(error.try_again_at), "retryAfter_s": error.retry_after_s}
    if isinstance(error, errors.NotOpenYet):
        extra["opensAt"] = iso(error.opens_at) if error.opens_at is not None else None
    if isinstance(error, errors.LineFull):
        extra |= {"limit": error.limit, "retryAfter_s": error.retry_after_s}
    if isinstance(error, errors.StoreBusy):  # its own text names the call of DynamoDB
        again = {"retryAfter_s": error.retry_after_s}
        return _answer(kind, "What was done is kept. Repeat the same request and it does the rest.", again)
    if isinstance(error, errors.CapacityUnavailable):  # its own text is EC2's code
        return _answer(kind, "EC2 has no capacity at the moment. Repeat the request in a few minutes.", extra)
    return _answer(kind, str(error), extra)


def _answer(kind: Kind, detail: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    body = {"type": _ADDRESS + kind.name, "title": kind.title, "status": kind.status, "detail": detail, **extra}
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    if "retryAfter_s" in extra:
        headers["retry-after"] = str(extra["retryAfter_s"])
    return {"statusCode": kind.status, "headers": headers, "body": json.dumps(body)}
