"""A call of operate_pool past the HTTP API, by whoever may invoke it with AWS credentials: `greenroom destroy`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.entry.payload import payload_of

COMMAND = "haltEveryPool"


@dataclass(frozen=True, slots=True)
class HaltEveryPool:
    """`by`: the command that calls, for the Journal."""

    reason: str
    by: str


def halt_call_of(event: Mapping[str, Any]) -> HaltEveryPool | None:
    """None for anything else, a request of the HTTP API above all.

    API Gateway writes the event itself, always with the request's context: who calls the API chooses texts inside, and
    never the event's own fields. Raises: InvalidField.
    """
    if event.get("command") != COMMAND or "requestContext" in event:
        return None
    return payload_of(HaltEveryPool, event)
