"""The viewer's peer connection (aiortc): answers the offer, decodes the picture, sends keys."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

KEY_DOWN = 60
KEY_UP = 61
MOUSE_MOVE = 74
"""Epic's data-channel message ids. Source: Pixel Streaming protocol 1.3.0."""


class Peer:
    """One peer connection. `frame` is the newest decoded picture."""

    def __init__(self) -> None:
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._input: RTCDataChannel | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()
        self.input_open = asyncio.Event()
        self.first_frame = asyncio.Event()
        self.frame: Any = None
        self.frames = 0
        self._peer.on("track", self._on_track)
        self._peer.on("datachannel", self._on_channel)
        self._peer.on("iceconnectionstatechange", self._on_ice)

    async def answer(self, offer_sdp: str) -> str:
        """The answer to the streamer's offer, with all candidates inside."""
        await self._peer.setRemoteDescription(RTCSessionDescription(offer_sdp, "offer"))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return str(self._peer.localDescription.sdp)

    async def add_candidate(self, trickled: dict[str, Any]) -> None:
        """An empty candidate says that there are no more."""
        text = str(trickled.get("candidate", "")).removeprefix("candidate:")
        if text:
            candidate = candidate_from_sdp(text)
            candidate.sdpMid = trickled.get("sdpMid")
            candidate.sdpMLineIndex = trickled.get("sdpMLineIndex")
            await self._peer.addIceCandidate(candidate)

    async def press(self, key_code: int) -> None:
        """Key down and up, as the browser sends them."""
        await asyncio.wait_for(self.input_open.wait(), 10)
        assert self._input is not None
        self._input.send(struct.pack("<BBB", KEY_DOWN, key_code, 0))
        self._input.send(struct.pack("<BB", KEY_UP, key_code))

    async def move_mouse(self, x: int, y: int) -> None:
        """Position in 0..65535 of the picture's width and height."""
        await asyncio.wait_for(self.input_open.wait(), 10)
        assert self._input is not None
        self._input.send(struct.pack("<BHHhh", MOUSE_MOVE, x, y, 1, 1))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._peer.close()

    def _on_track(self, track: Any) -> None:
        task = asyncio.create_task(self._watch(track))
        self._tasks.add(task)

    async def _watch(self, track: Any) -> None:
        while True:
            frame = await track.recv()
            if track.kind == "video":
                self.frame = frame
                self.frames += 1
                self.first_frame.set()

    def _on_channel(self, channel: RTCDataChannel) -> None:
        self._input = channel
        self.input_open.set()

    def _on_ice(self) -> None:
        if self._peer.iceConnectionState in ("connected", "completed"):
            self.connected.set()


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    """A peer connection that is closed whatever happens."""
    opened = Peer()
    try:
        yield opened
    finally:
        await opened.close()
