"""HTTP at the edge: reads the caller from the authorizer's context, parses the body field by field, makes the answer.

Its results are typed, so no code inside checks its input again.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.domain.errors import Forbidden, GreenroomError, InvalidField
from greenroom.domain.texts import IDENTIFIER, unfit_part
from greenroom.domain.times import epoch_seconds
from greenroom.entry.problem import problem_of

BODY_LIMIT = 64 * 1024
"""In characters. Far more than any honest body needs, and far less than would do harm."""
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,32}")


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller, as the verified access token names them."""

    viewer_id: str
    tenant_id: str
    groups: frozenset[str]


def viewer_of(event: Mapping[str, Any]) -> Viewer:
    """The caller of a viewer or operator route. Raises: Forbidden when the authorizer left no identity."""
    context = event.get("requestContext", {}).get("authorizer", {}).get("lambda") or {}
    viewer_id, tenant_id = context.get("viewerId"), context.get("tenantId")
    if not viewer_id or not tenant_id:
        raise Forbidden("The call carries no verified identity. Sign in again.")
    return Viewer(viewer_id, tenant_id, frozenset(str(context.get("groups", "")).split(",")) - {""})


def operator_of(event: Mapping[str, Any]) -> Viewer:
    """The caller of an operator route. Raises: Forbidden when they are not in the group `operators`."""
    viewer = viewer_of(event)
    if "operators" not in viewer.groups:
        raise Forbidden("Only people in the group operators may do this.")
    return viewer


def instance_of_caller(event: Mapping[str, Any], role_arn: str) -> str:
    """The calling instance, from its signed identity and never from the body.

    The instance profile's credentials carry the instance id as role session name:
    `arn:aws:sts::<account>:assumed-role/<role>/<instance id>`. Source: IAM, roles for EC2. Whoever may assume another
    role chooses its session name, so only sessions of this stack's instance role (`role_arn`) are instances.
    Raises: Forbidden.
    """
    arn = (event.get("requestContext", {}).get("authorizer", {}).get("iam") or {}).get("userArn")
    role, _, session_name = str(arn or "").rpartition("/")
    if role != _assumed(role_arn) or not _INSTANCE_ID.fullmatch(session_name):
        raise Forbidden("The caller is no instance of this stack.")
    return session_name


def _assumed(role_arn: str) -> str:
    """How STS names a session's role: without the path that the role's own ARN may have.

    Example: `arn:aws:iam::1:role/path/name` -> `arn:aws:sts::1:assumed-role/name`. Source: IAM, "IAM identifiers".
    """
    _, partition, _, _, account, resource = role_arn.split(":", 5)
    return f"arn:{partition}:sts::{account}:assumed-role/{resource.rpartition('/')[2]}"


def path_identifier(event: Mapping[str, Any], name: str) -> str:
    """A path parameter. Raises: InvalidField."""
    return Body(event.get("pathParameters") or {}).identifier(name)


def query_whole(event: Mapping[str, Any], name: str, *, least: int, most: int, default: int) -> int:
    """A whole number from the query string; `default` if it is absent. Raises: InvalidField."""
    text = (event.get("queryStringParameters") or {}).get(name, str(default))
    value = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
    return Body({name: value}).whole(name, least=least, most=most)


def body_of(event: Mapping[str, Any], *, limit: int = BODY_LIMIT) -> Body:
    """The JSON object of the request. Raises: InvalidField naming `body`."""
    text = event.get("body") or "{}"
    if len(text) > limit:
        raise InvalidField("body", f"must have at most {limit} characters")
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True).decode()
        value = json.loads(text)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidField("body", "must be JSON") from error
    if not isinstance(value, dict):
        raise InvalidField("body", "must be a JSON object")
    return Body(value)


class Body:
    """A JSON object, read field by field and by type. Errors name the whole path (`limits.maximumSession_s`)."""

    def __init__(self, values: Mapping[str, Any], prefix: str = "") -> None:
        self._values, self._prefix = values, prefix

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def names(self) -> tuple[str, ...]:
        """The names of all fields that are given."""
        return tuple(self._values)

    def only(self, *names: str) -> Body:
        """Returns itself. Raises: InvalidField for a field not in `names`, so that no misspelt one is ignored."""
        unknown = next((name for name in self._values if name not in names), None)
        if unknown is not None:
            known = f"only {', '.join(names)}" if names else "nothing"
            shown = unknown.encode("ascii", "backslashreplace").decode()[:64]
            raise self._wrong(shown, f"is not known here: {known} may be given")
        return self

    def _wrong(self, name: str, reason: str) -> InvalidField:
        return InvalidField(self._prefix + name, reason)

    def text(self, name: str, *, longest: int = 256) -> str:
        """A string of 1 to `longest` characters, without forbidden ones."""
        value = self._values.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise self._wrong(name, f"must be a text of 1 to {longest} characters")
        return self._fit(name, value)

    def _fit(self, name: str, text: str) -> str:
        if (unfit := unfit_part(text)) is not None:
            raise self._wrong(name, f"must not hold {unfit}; leave it out")
        return text

    def identifier(self, name: str, *, pattern: re.Pattern[str] = IDENTIFIER) -> str:
        """A string that matches `pattern` as a whole."""
        value = self._values.get(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._wrong(name, f"must match {pattern.pattern}")
        return value

    def time(self, name: str) -> float:
        """Epoch seconds of an ISO 8601 time."""
        text = self.text(name, longest=40)
        try:
            return epoch_seconds(text)
        except (ValueError, OverflowError) as error:
            raise self._wrong(name, "must be an ISO 8601 time like 2026-01-31T12:00:00.000Z") from error

    def whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """An integer from `least` to `most`. If it is absent, `default`, if there is one."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._wrong(name, f"must be a whole number from {least} to {most}")
        return value

    def number(self, name: str, *, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        value = self._values.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise self._wrong(name, f"must be a number from {least:g} to {most:.0f}")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false; `default` if it is absent."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._wrong(name, "must be true or false")
        return value

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        value = self._values.get(name)
        if value not in choices:
            raise self._wrong(name, "must be one of " + ", ".join(choices))
        return str(value)

    def texts(self, name: str, *, most: int = 64, longest: int = 1024) -> tuple[str, ...]:
        """A list of strings without forbidden characters."""
        value = self._values.get(name)
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(v, str) and len(v) <= longest for v in value)
        ):
            raise self._wrong(name, f"must be a list of at most {most} texts")
        return tuple(self._fit(name, each) for each in value)

    def part(self, name: str) -> Body:
        """A nested object; an absent one counts as empty."""
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, "must be an object")
        return Body(value, f"{self._prefix}{name}.")

    def parts(self, name: str, *, most: int = 64) -> tuple[Body, ...]:
        """A list of objects."""
        value = self._values.get(name)
        if not isinstance(value, list) or len(value) > most or not all(isinstance(each, dict) for each in value):
            raise self._wrong(name, f"must be a list of at most {most} objects")
        return tuple(Body(each, f"{self._prefix}{name}[{index}].") for index, each in enumerate(value))


def answer(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON answer that must not be cached."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def respond(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Runs `work` and returns its answer. A domain error becomes an HTTP problem; any other is raised."""
    try:
        return work()
    except GreenroomError as error:
        return problem_of(error)
