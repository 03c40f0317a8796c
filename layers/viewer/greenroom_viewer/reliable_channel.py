"""Ordered, exactly-once messages over a relay that may lose, double or overtake frames.

One channel serves one (session, epoch, joinNumber); both peers run the same rules (docs/protocol.md, section 4):

1. Messages of a direction are numbered from 1. One over FRAME_LIMIT_BYTES as sent goes in pieces of the same number.
2. The sender keeps a message until an acknowledgement covers it and sends all its pieces again after 1, 2, 4, 8, 8 …
   seconds; a message sent ten times in vain means that the peer is gone: silence until it speaks or reconnects.
3. The receiver delivers in order and drops doubles. 100 ms after the first frame that deserves it, it sends one
   `ack` for all it has delivered; a double deserves one too, because then the last acknowledgement was lost.
4. While something waits behind a gap (or is in pieces) and nothing moved for 500 ms, it sends `resend` from the first
   missing number; again after 1, 2, 4, 8, 8 … seconds. Each step forward starts over at 500 ms.
5. `resend from n` says that everything before n arrived. Any frame of the peer starts the sender's tries afresh.

Time is an argument in whole milliseconds of any monotonic clock. There is no I/O: each call returns the frames to send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from greenroom_viewer.frame_pieces import Frame
from greenroom_viewer.reliable_receiver import MalformedFrame, ReliableReceiver
from greenroom_viewer.reliable_sender import ReliableSender


@dataclass(frozen=True, slots=True)
class Received:
    """What a frame of the peer led to: messages for the application, frames for the peer."""

    messages: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)


class ReliableChannel:
    """Both directions of one channel. `envelope` is added to each frame that is sent (it counts for the size)."""

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        self._sender = ReliableSender(envelope)
        self._receiver = ReliableReceiver(envelope)

    @property
    def is_gone(self) -> bool:
        """The peer let ten tries pass without a sign of life."""
        return self._sender.is_gone

    @property
    def next_at_ms(self) -> int | None:
        """When `poll` must be called next; None while there is nothing to wait for."""
        times = (self._sender.next_at_ms, self._receiver.next_at_ms)
        return min((at for at in times if at is not None), default=None)

    def send(self, text: str, now_ms: int) -> list[Frame]:
        """Accepts a message for the peer and returns its frames."""
        return self._sender.send(text, now_ms)

    def receive(self, frame: Mapping[str, Any], now_ms: int) -> Received:
        """Takes a `frame`, `ack` or `resend` of the peer.

        Raises: MalformedFrame for anything else; the channel is unchanged then.
        """
        kind = frame.get("kind")
        if kind == "frame":
            messages = self._receiver.receive(frame, now_ms)
            self._sender.revive(now_ms)
            return Received(messages=messages)
        if kind == "ack":
            self._sender.acknowledge(_number(frame, "upTo"), now_ms)
            return Received()
        if kind == "resend":
            return Received(frames=self._sender.resend(_number(frame, "from"), now_ms))
        raise MalformedFrame(f"unknown kind {kind!r}")

    def peer_reconnected(self, now_ms: int) -> None:
        """The peer's socket is open again: what it never acknowledged is worth another ten tries."""
        self._sender.revive(now_ms)

    def poll(self, now_ms: int) -> list[Frame]:
        """The frames that are due: acknowledgement, request for a gap, overdue messages."""
        return self._receiver.poll(now_ms) + self._sender.poll(now_ms)


def _number(frame: Mapping[str, Any], name: str) -> int:
    number = frame.get(name)
    if type(number) is not int:
        raise MalformedFrame(f"{name} is a whole number")
    return number
