"""The sending half of a reliable channel: keeps each message until the peer has acknowledged it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom_agent.channel.frame_pieces import Frame, cut_message

FIRST_RESEND_MS = 1_000
LAST_RESEND_MS = 8_000
MAXIMUM_TRIES = 10


@dataclass(slots=True)
class _Unacknowledged:
    """A message that was sent `tries` times and will be sent again at `resend_at_ms`."""

    sequence: int
    frames: list[Frame]
    tries: int
    resend_at_ms: int


class ReliableSender:
    """Numbers messages from 1 and repeats each message until the peer acknowledges it.

    After MAXIMUM_TRIES without a frame from the peer, the sender stops sending but keeps its messages. `revive` starts
    new attempts; it is called when the peer has sent a frame, or when the peer's socket is open again. The fields of
    `envelope` are added to each frame.
    """

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        self._envelope = dict(envelope)
        self._last_sequence = 0
        self._unacknowledged: list[_Unacknowledged] = []
        self.is_gone = False

    @property
    def next_at_ms(self) -> int | None:
        """The time at which `poll` must be called; None if nothing is to be repeated, or the sender has given up."""
        if self.is_gone or not self._unacknowledged:
            return None
        return min(message.resend_at_ms for message in self._unacknowledged)

    def send(self, text: str, now_ms: int) -> list[Frame]:
        """Accepts a new message for the peer and returns the frames to send now."""
        self._last_sequence += 1
        frames = cut_message(self._last_sequence, text, self._envelope)
        self._unacknowledged.append(_Unacknowledged(self._last_sequence, frames, 1, now_ms + FIRST_RESEND_MS))
        return list(frames)

    def acknowledge(self, up_to: int, now_ms: int) -> None:
        """Forgets the messages up to number `up_to`, which the peer has received. Ignores impossible numbers."""
        if not 0 <= up_to <= self._last_sequence:
            return
        self._unacknowledged = [message for message in self._unacknowledged if message.sequence > up_to]
        self.revive(now_ms)

    def resend(self, first: int, now_ms: int) -> list[Frame]:
        """Handles the peer's request for all messages from number `first` on: returns the frames of those messages.

        The sender forgets the messages with lower numbers, because the peer has received them. For an impossible
        number, nothing is returned.
        """
        if not 1 <= first <= self._last_sequence + 1:
            return []
        self.acknowledge(first - 1, now_ms)
        for message in self._unacknowledged:
            message.resend_at_ms = now_ms + FIRST_RESEND_MS
        return [frame for message in self._unacknowledged for frame in message.frames]

    def revive(self, now_ms: int) -> None:
        """Starts new attempts for every kept message, because the peer has sent a frame or has reconnected.

        If the sender had given up, all kept messages are sent again at the next `poll`.
        """
        for message in self._unacknowledged:
            message.tries = 1
            if self.is_gone:
                message.resend_at_ms = now_ms
        self.is_gone = False

    def poll(self, now_ms: int) -> list[Frame]:
        """Returns the frames to send again now, because the peer has not acknowledged them in time."""
        if self.is_gone:
            return []
        due = [message for message in self._unacknowledged if message.resend_at_ms <= now_ms]
        if any(message.tries >= MAXIMUM_TRIES for message in due):
            self.is_gone = True
            return []
        for message in due:
            message.tries += 1
            message.resend_at_ms = now_ms + resend_pause_ms(message.tries)
        return [frame for message in due for frame in message.frames]


def resend_pause_ms(tries: int) -> int:
    """Returns how long to wait for an acknowledgement after the given number of attempts, in milliseconds.

    The pauses are 1, 2, 4, 8, 8 … seconds.
    """
    return min(LAST_RESEND_MS, FIRST_RESEND_MS << (tries - 1))
