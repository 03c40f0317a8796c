"""Cuts a signalling message (for WebRTC) into frames that are small enough for the Viewer socket (a WebSocket API)."""

import json
from collections.abc import Mapping
from typing import Any

Frame = dict[str, Any]

# API Gateway closes a WebSocket that sends a frame over 32 KB; the relay adds its own stamp to what we send.
# Source: Amazon API Gateway quotas, "WebSocket frame size 32 KB".
FRAME_LIMIT_BYTES = 28_000


def encode_frame(frame: Mapping[str, Any]) -> str:
    """Encodes the frame as compact ASCII JSON, so that its length in characters equals its length in bytes."""
    return json.dumps(frame, separators=(",", ":"))


def cut_message(sequence: int, text: str, envelope: Mapping[str, Any]) -> list[Frame]:
    """Returns the frames that carry one message, each at most FRAME_LIMIT_BYTES long. An empty text gives one frame.

    `sequence`: the number of the message; `envelope`: fields that are added to each frame.

    >>> [f["part"] for f in cut_message(1, "a" * 60_000, {})]
    [1, 2, 3]
    """
    room = FRAME_LIMIT_BYTES - len(encode_frame(_frame(sequence, 999, 999, "", envelope)))
    pieces = _cut(text, room)
    return [_frame(sequence, part, len(pieces), piece, envelope) for part, piece in enumerate(pieces, start=1)]


def _frame(sequence: int, part: int, parts: int, data: str, envelope: Mapping[str, Any]) -> Frame:
    return {"kind": "frame", "sequence": sequence, "part": part, "parts": parts, "data": data, **envelope}


def _cut(text: str, room: int) -> list[str]:
    pieces: list[str] = []
    start = 0
    while not pieces or start < len(text):
        size = _fitting(text[start : start + room], room)
        pieces.append(text[start : start + size])
        start += size
    return pieces


def _fitting(text: str, room: int) -> int:
    """Returns how many characters from the start of `text` fit into `room` bytes after JSON escaping.

    The result is at least 1, unless the text is empty.
    """
    size = len(text)
    while size > 1 and (needed := len(encode_frame({"": text[:size]})) - 5) > room:
        size = max(1, min(size - 1, size * room // needed))
    return size
