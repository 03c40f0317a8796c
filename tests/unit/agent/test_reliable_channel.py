"""Whatever the relay loses, doubles or overtakes, the messages arrive once, whole and in order."""

import heapq
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from greenroom_agent.channel.frame_pieces import FRAME_LIMIT_BYTES, cut_message, encode_frame
from greenroom_agent.channel.reliable_channel import ReliableChannel
from greenroom_agent.channel.reliable_receiver import MalformedFrame
from greenroom_agent.channel.reliable_sender import MAXIMUM_TRIES
from hypothesis import given, settings
from hypothesis import strategies as st

VECTORS = json.loads((Path(__file__).parent / "reliable_channel_vectors.json").read_text())
ENVELOPE = {"sessionId": "ses-abcdefghijklmnopqrstuvwxyz", "joinNumber": 1}


class Relay:
    """Two channels and a network between them whose faults are given; the clock jumps from event to event."""

    def __init__(self, faults: list[tuple[bool, bool, int]]) -> None:
        self.ends = (ReliableChannel(ENVELOPE), ReliableChannel({}))
        self.arrived: tuple[list[str], list[str]] = ([], [])
        self._faults = iter(faults)
        self._flying: list[tuple[int, int, int, dict[str, Any]]] = []
        self._order = itertools.count()
        self.now_ms = 0
        self.losses_left = MAXIMUM_TRIES - 1  # more in a row would rightly mean that the peer is gone

    def say(self, end: int, text: str) -> None:
        self._fly(end, self.ends[end].send(text, self.now_ms))

    def settle(self) -> None:
        """Runs until nothing flies and nobody owes anything."""
        while (at_ms := self._next_at_ms()) is not None:
            assert at_ms < 1_000_000, "it never settles"
            self.now_ms = max(self.now_ms, at_ms)
            while self._flying and self._flying[0][0] <= self.now_ms:
                _, _, end, frame = heapq.heappop(self._flying)
                received = self.ends[end].receive(frame, self.now_ms)
                self.arrived[end].extend(received.messages)
                self._fly(end, received.frames)
            for end in (0, 1):
                self._fly(end, self.ends[end].poll(self.now_ms))

    def _next_at_ms(self) -> int | None:
        times = [self._flying[0][0]] if self._flying else []
        times += [at for at in (end.next_at_ms for end in self.ends) if at is not None]
        return min(times, default=None)

    def _fly(self, sender: int, frames: list[dict[str, Any]]) -> None:
        for frame in frames:
            is_lost, is_doubled, delay_ms = next(self._faults, (False, False, 20))
            if is_lost and self.losses_left > 0:
                self.losses_left -= 1
                continue
            for copy in range(1 + is_doubled):
                flight = (self.now_ms + delay_ms * (1 + copy), next(self._order), 1 - sender, frame)
                heapq.heappush(self._flying, flight)


FAULTS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3_000)), max_size=60)


@settings(max_examples=150, deadline=None)
@given(FAULTS, st.lists(st.integers(0, 1), max_size=12))
def test_every_message_arrives_once_and_in_order(faults: list[tuple[bool, bool, int]], speakers: list[int]) -> None:
    relay = Relay(faults)
    said: tuple[list[str], list[str]] = ([], [])
    for index, speaker in enumerate(speakers):
        text = f"message {index} " + "é" * (9_000 * (index % 3))
        said[1 - speaker].append(text)
        relay.say(speaker, text)
    relay.settle()
    assert relay.arrived == said
    assert not any(end.is_gone for end in relay.ends)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.integers(1, 400), st.integers(1, 10**6))
def test_pieces_fit_into_a_frame_and_make_the_whole(text: str, times: int, sequence: int) -> None:
    frames = cut_message(sequence, text * times, ENVELOPE)
    assert "".join(frame["data"] for frame in frames) == text * times
    assert [frame["part"] for frame in frames] == list(range(1, frames[0]["parts"] + 1))
    assert all(len(encode_frame(frame).encode()) <= FRAME_LIMIT_BYTES for frame in frames)


@pytest.mark.parametrize("character", ["a", '"', "\\", "\n", "é", "𝄞", "\ud800"])
def test_60_kb_arrive_whole(character: str) -> None:
    relay = Relay([(False, False, 30), (False, False, 10), (False, False, 20)])
    relay.say(0, character * 60_000)
    relay.settle()
    assert relay.arrived[1] == [character * 60_000]


def test_a_peer_that_is_silent_for_ten_tries_is_gone_until_it_is_back() -> None:
    channel = ReliableChannel({})
    sent = channel.send("hello", 0)
    while (at_ms := channel.next_at_ms) is not None:
        sent += channel.poll(at_ms)
        now_ms = at_ms
    assert channel.is_gone
    assert len(sent) == MAXIMUM_TRIES
    assert now_ms == 63_000
    channel.peer_reconnected(90_000)
    assert [frame["data"] for frame in channel.poll(90_000)] == ["hello"]


@pytest.mark.parametrize(
    ("frame", "desc"),
    [
        ({"kind": "frame", "sequence": 0, "part": 1, "parts": 1, "data": ""}, "sequences start at 1"),
        ({"kind": "frame", "sequence": True, "part": 1, "parts": 1, "data": ""}, "true is no number"),
        ({"kind": "frame", "sequence": 1, "part": 2, "parts": 1, "data": ""}, "part beyond the parts"),
        ({"kind": "frame", "sequence": 1, "part": 1, "parts": 10**9, "data": ""}, "too many parts"),
        ({"kind": "frame", "sequence": 1, "part": 1, "parts": 1, "data": None}, "no text"),
        ({"kind": "ack"}, "no number"),
        ({"kind": "resend", "from": "1"}, "text for a number"),
        ({"kind": "join"}, "not the channel's business"),
    ],
)
def test_what_is_no_frame_is_refused(frame: dict[str, Any], desc: str) -> None:
    with pytest.raises(MalformedFrame):
        ReliableChannel({}).receive(frame, 0)


def test_an_impossible_acknowledgement_changes_nothing() -> None:
    channel = ReliableChannel({})
    channel.send("hello", 0)
    channel.receive({"kind": "ack", "upTo": 5}, 10)
    channel.receive({"kind": "resend", "from": 9}, 10)
    assert [frame["data"] for frame in channel.poll(1_000)] == ["hello"]


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["desc"]))
def test_the_vectors_that_the_page_shares(case: dict[str, Any]) -> None:
    channel = ReliableChannel(case["envelope"])
    for step in case["steps"]:
        now_ms = step["atMs"]
        delivered: list[str] = []
        if "send" in step:
            frames = channel.send(step["send"], now_ms)
        elif "receive" in step:
            received = channel.receive(step["receive"], now_ms)
            frames, delivered = received.frames, received.messages
        else:
            frames = channel.poll(now_ms)
        assert frames == step.get("frames", []), step
        assert delivered == step.get("delivered", []), step
        assert channel.next_at_ms == step["nextAtMs"], step
        assert channel.is_gone == step.get("isGone", False), step
