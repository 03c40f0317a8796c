"""The receiving half of a reliable channel: delivers every message once, complete and in order."""

from collections.abc import Mapping
from typing import Any

from greenroom_viewer.frame_pieces import Frame

ACKNOWLEDGE_AFTER_MS = 100
GAP_MS = 500
LAST_GAP_MS = 8_000
# Limits the memory that a hostile or broken peer can use: this many messages ahead, each of this many pieces.
MAXIMUM_AHEAD = 64
MAXIMUM_PARTS = 32


class MalformedFrame(ValueError):
    """Raised for a frame of which a field is missing or invalid, or whose kind is unknown."""


class ReliableReceiver:
    """Collects pieces, delivers complete messages in order, acknowledges them and requests missing frames.

    The fields of `envelope` are added to each frame that is sent.
    """

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        self._envelope = dict(envelope)
        self._delivered = 0
        self._waiting: dict[int, dict[int, str]] = {}
        self._parts: dict[int, int] = {}
        self._acknowledge_at_ms: int | None = None
        self._gap_at_ms: int | None = None
        self._gap_pause_ms = GAP_MS

    @property
    def next_at_ms(self) -> int | None:
        """The time at which `poll` must be called; None while nothing has to be acknowledged or requested."""
        return min((at for at in (self._acknowledge_at_ms, self._gap_at_ms) if at is not None), default=None)

    def receive(self, frame: Mapping[str, Any], now_ms: int) -> list[str]:
        """Handles one piece of a message. Returns the messages that the piece completes: often none, sometimes several.

        Raises: MalformedFrame when the frame is not a piece of a message.
        """
        sequence, part, parts, data = _parse(frame)
        if sequence <= self._delivered:
            self._owe_acknowledgement(now_ms)  # the acknowledgement was lost: send it again
            return []
        if sequence > self._delivered + MAXIMUM_AHEAD or self._parts.setdefault(sequence, parts) != parts:
            return []
        pieces = self._waiting.setdefault(sequence, {})
        is_news = part not in pieces
        pieces[part] = data
        messages = self._take_complete()
        if messages:
            self._owe_acknowledgement(now_ms)
        self._watch_gap(now_ms, moved=bool(messages) or (is_news and sequence == self._delivered + 1))
        return messages

    def poll(self, now_ms: int) -> list[Frame]:
        """Returns the frames to send now: an acknowledgement and a request for missing frames, if due."""
        frames: list[Frame] = []
        if self._acknowledge_at_ms is not None and self._acknowledge_at_ms <= now_ms:
            self._acknowledge_at_ms = None
            frames.append({"kind": "ack", "upTo": self._delivered, **self._envelope})
        if self._gap_at_ms is not None and self._gap_at_ms <= now_ms:
            self._gap_pause_ms = min(LAST_GAP_MS, 2 * self._gap_pause_ms)
            self._gap_at_ms = now_ms + self._gap_pause_ms
            frames.append({"kind": "resend", "from": self._delivered + 1, **self._envelope})
        return frames

    def _take_complete(self) -> list[str]:
        messages = []
        while len(self._waiting.get(self._delivered + 1, ())) == self._parts.get(self._delivered + 1, -1):
            self._delivered += 1
            pieces = self._waiting.pop(self._delivered)
            parts = self._parts.pop(self._delivered)
            messages.append("".join(pieces[part] for part in range(1, parts + 1)))
        return messages

    def _owe_acknowledgement(self, now_ms: int) -> None:
        # One acknowledgement for a burst, because each one costs an invocation of the relay.
        if self._acknowledge_at_ms is None:
            self._acknowledge_at_ms = now_ms + ACKNOWLEDGE_AFTER_MS

    def _watch_gap(self, now_ms: int, *, moved: bool) -> None:
        if not self._waiting:
            self._gap_at_ms = None
        elif moved or self._gap_at_ms is None:
            self._gap_pause_ms = GAP_MS
            self._gap_at_ms = now_ms + GAP_MS


def _parse(frame: Mapping[str, Any]) -> tuple[int, int, int, str]:
    numbers = [frame.get(name) for name in ("sequence", "part", "parts")]
    data = frame.get("data")
    if not isinstance(data, str) or any(type(number) is not int for number in numbers):
        raise MalformedFrame("sequence, part and parts are whole numbers and data is text")
    sequence, part, parts = (int(number) for number in numbers if number is not None)
    if sequence < 1 or not 1 <= part <= parts <= MAXIMUM_PARTS:
        raise MalformedFrame(f"sequence {sequence}, part {part} of {parts} cannot be")
    return sequence, part, parts, data
