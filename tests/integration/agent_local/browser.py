"""A browser without a window: one join's channel and an aiortc peer that answers, watches and presses keys."""

import asyncio
import json
from typing import Any

import aioice.ice
import numpy as np
from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from greenroom_agent.channel.reliable_channel import ReliableChannel
from greenroom_agent.demo.data_channel import Input, encode_input
from greenroom_agent.demo.frame_counter import read_frame_counter

from .fake_control_plane import FakeControlPlane, FakeSlot


class Browser:
    """Watches one join. `frames` is what it decoded last."""

    def __init__(self, relay: FakeControlPlane, slot: FakeSlot | None = None) -> None:
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
        self._relay = relay
        self._slot = slot or relay.slot
        self._wire = ReliableChannel({})
        self._peer = RTCPeerConnection()
        self._peer.on("track", self._watch)
        self._peer.on("datachannel", self._open)
        self._keys: asyncio.Future[RTCDataChannel] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Condition()
        self.counters: list[int] = []
        self.colour = 0.0
        self.messages: list[dict[str, Any]] = []
        self._slot.to_page = self._hear
        self._tasks.append(asyncio.create_task(self._keep_clock()))

    async def until_counter(self, after: int, timeout_s: float = 10) -> int:
        """Waits for a decoded frame whose number is beyond `after`."""

        async def wait() -> None:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self.counters) and self.counters[-1] > after)

        await asyncio.wait_for(wait(), timeout_s)
        return self.counters[-1]

    @property
    def has_been_acknowledged(self) -> bool:
        """Whether the agent has everything we said."""
        return self._wire.next_at_ms is None

    async def press(self, code: int, timeout_s: float = 10) -> None:
        """A key, once its channel is open: the picture may be there before."""
        keys = await asyncio.wait_for(asyncio.shield(self._keys), timeout_s)
        keys.send(encode_input(Input("KeyDown", (code, 0))))

    def say(self, message: dict[str, Any]) -> None:
        """A message inside the sequenced stream."""
        self.say_text(json.dumps(message))

    def say_text(self, text: str) -> None:
        """Whatever a page could write there."""
        self._emit(self._wire.send(text, _now_ms()))

    async def close(self) -> None:
        """The tab is closed: the peer connection ends, nothing more is sent."""
        self._slot.to_page = lambda frame: None
        await self._peer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, frame: dict[str, Any]) -> None:
        received = self._wire.receive(frame, _now_ms())
        self._emit(received.frames)
        for text in received.messages:
            message = json.loads(text)
            self.messages.append(message)
            if message["type"] == "offer" and "m=video" in message["sdp"]:
                self._tasks.append(asyncio.create_task(self._answer(message["sdp"])))

    async def _answer(self, sdp: str) -> None:
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        self.say({"type": "answer", "sdp": self._peer.localDescription.sdp, "minBitrateBps": 0, "maxBitrateBps": 0})

    def _open(self, channel: RTCDataChannel) -> None:
        if not self._keys.done():
            self._keys.set_result(channel)

    def _watch(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._decode(track)))

    async def _decode(self, track: MediaStreamTrack) -> None:
        while True:
            frame: Any = await track.recv()
            planes = frame.to_ndarray(format="yuv420p")
            number = read_frame_counter(planes[: frame.height])
            if number is not None:
                self.counters.append(number)
            self.colour = float(np.mean(planes[frame.height : frame.height + frame.height // 4]))
            async with self._changed:
                self._changed.notify_all()

    def _emit(self, frames: list[dict[str, Any]]) -> None:
        for frame in frames:
            self._tasks.append(asyncio.create_task(self._relay.from_page(frame, self._slot)))

    async def _keep_clock(self) -> None:
        while True:
            self._emit(self._wire.poll(_now_ms()))
            await asyncio.sleep(0.02)


def _now_ms() -> int:
    return int(asyncio.get_running_loop().time() * 1000)
