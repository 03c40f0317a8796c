"""Delivers messages in order and exactly once over a relay that may lose, repeat or reorder frames.

One channel serves one browser page: one (session, epoch, joinNumber). The epoch numbers the claims of a slot, the
joinNumber the pages of a session. Both peers follow the same rules (docs/protocol.md, section 4):

1. Each direction numbers its messages from 1. A message above FRAME_LIMIT_BYTES is sent as pieces with the same number.
2. The sender keeps a message until it is acknowledged, and sends all its pieces again after 1, 2, 4, 8, 8 … seconds.
   After ten attempts the sender considers the peer gone, and sends nothing until the peer sends a frame or reconnects.
3. The receiver delivers in order and drops duplicates. It sends one `ack` for all delivered messages, 100 ms after the
   first frame to acknowledge. A duplicate is acknowledged too, because the last `ack` was probably lost.
4. When a frame is missing and nothing arrived in order for 500 ms, the receiver sends `resend` with the first missing
   number, and again after 1, 2, 4, 8, 8 … seconds. After each frame that arrives in order, the pause is 500 ms again.
5. `resend from n` also acknowledges every message before n. Any frame from the peer resets the sender's attempts.

Time is an argument, in whole milliseconds of a monotonic clock. There is no I/O: each call returns the frames to send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from greenroom_agent.channel.frame_pieces import Frame
from greenroom_agent.channel.reliable_receiver import MalformedFrame, ReliableReceiver
from greenroom_agent.channel.reliable_sender import ReliableSender


@dataclass(frozen=True, slots=True)
class Received:
    """The result of a received frame: messages for the application, and frames to send to the peer."""

    messages: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)


class ReliableChannel:
    """Sends and receives on one channel. The fields of `envelope` are added to each frame that is sent.

    The size limit of a frame includes these fields.
    """

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        self._sender = ReliableSender(envelope)
        self._receiver = ReliableReceiver(envelope)

    @property
    def is_gone(self) -> bool:
        """Whether the peer has ignored a message ten times, so that the channel has stopped sending."""
        return self._sender.is_gone

    @property
    def next_at_ms(self) -> int | None:
        """The time at which `poll` must be called next; None while no frame has to be sent later."""
        times = (self._sender.next_at_ms, self._receiver.next_at_ms)
        return min((at for at in times if at is not None), default=None)

    def send(self, text: str, now_ms: int) -> list[Frame]:
        """Accepts a message for the peer and returns the frames to send now."""
        return self._sender.send(text, now_ms)

    def receive(self, frame: Mapping[str, Any], now_ms: int) -> Received:
        """Handles a `frame`, `ack` or `resend` that the peer has sent.

        Raises: MalformedFrame for a frame of another kind or with invalid fields; the channel does not change.
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
        """Called when the peer's socket is open again: makes ten new attempts to send each unacknowledged message."""
        self._sender.revive(now_ms)

    def poll(self, now_ms: int) -> list[Frame]:
        """Returns the frames to send now: acknowledgements, requests for missing frames, repeated messages."""
        return self._receiver.poll(now_ms) + self._sender.poll(now_ms)


def _number(frame: Mapping[str, Any], name: str) -> int:
    number = frame.get(name)
    if type(number) is not int:
        raise MalformedFrame(f"{name} is a whole number")
    return number
