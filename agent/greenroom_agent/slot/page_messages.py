"""Checks messages from a page: only known messages and fields pass, with values of the right kind and size.

A page runs in the viewer's browser, where anyone may change it. So nothing else from a page may reach the streamer.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from greenroom_agent.strict_json import MalformedText, read_object

MAXIMUM_CHARACTERS = 64 * 1024
"""The most characters of a message. An SDP answer has 3,000 to 10,000 characters."""
DEEPEST = 4
MAXIMUM_LINE = 4 * 1024
"""The most characters of a candidate, media id or user fragment; each is one line of text."""


@dataclass(frozen=True, slots=True)
class PageMessage:
    """A checked message from a page. `to_streamer`: what to send on; None when the message is for the agent only.

    `idle_s`: how long ago the viewer's last input was, as the page says (not checked).
    """

    kind: str
    to_streamer: Mapping[str, Any] | None = None
    idle_s: object = field(default=None)


def parse_page_message(text: str) -> PageMessage:
    """Parses and checks a message from a page. Raises: MalformedText, and nothing else."""
    message = read_object(text, MAXIMUM_CHARACTERS, deepest=DEEPEST)
    kind = message.get("type")
    if kind == "greenroomPlaying":
        return PageMessage(kind)
    if kind == "greenroomActivity":
        return PageMessage(kind, idle_s=message.get("idle_s"))
    if kind == "answer":
        return PageMessage(kind, {"type": kind, **_known(message, _ANSWER)})
    if kind == "iceCandidate":
        # Null or an empty candidate means that no more candidates follow.
        candidate = message.get("candidate")
        known = None if candidate is None else _known(_object(candidate), _CANDIDATE)
        return PageMessage(kind, {"type": kind, "candidate": known})
    raise MalformedText(f"{str(kind)[:40]!r} is not a message of a page")


Check = Callable[[object], bool]


def _known(message: Mapping[str, Any], fields: Mapping[str, Check]) -> dict[str, Any]:
    found = {}
    for name, is_right in fields.items():
        value = message.get(name)
        if value is None:
            continue
        if not is_right(value):
            raise MalformedText(f"{name} is of the wrong kind or too long")
        found[name] = value
    return found


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedText("candidate is an object")
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAXIMUM_LINE


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


_ANSWER: Mapping[str, Check] = {"sdp": _is_text, "minBitrateBps": _is_number, "maxBitrateBps": _is_number}
_CANDIDATE: Mapping[str, Check] = {
    "candidate": _is_line,
    "sdpMid": _is_line,
    "sdpMLineIndex": _is_number,
    "usernameFragment": _is_line,
}
"""Source: Epic's signalling protocol, messages answer and iceCandidateData."""
