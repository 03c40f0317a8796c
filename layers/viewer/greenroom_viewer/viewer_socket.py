"""The viewer's end of the Viewer socket: hello, welcome, reliable frames both ways, session updates."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from greenroom_viewer.reliable_channel import ReliableChannel

HELLO_EVERY_S = 2.0

Json = dict[str, Any]


class SocketClosed(Exception):
    """The socket ended before what was waited for."""


class ViewerSocket:
    """One connection. `messages` are the streamer's signalling messages, `session` the newest view seen.

    `forecasts` are the waits it was told of in line: (when it heard, the `eta`).
    """

    def __init__(self, http: ClientSession, socket_url: str) -> None:
        self._http = http
        self._socket_url = socket_url
        self._socket: ClientWebSocketResponse | None = None
        self._channel = ReliableChannel({})
        self._tasks: list[asyncio.Task[None]] = []
        self._heard_streamer = False
        self._hello_due = asyncio.Event()
        self._changed = asyncio.Condition()
        self.messages: asyncio.Queue[Json] = asyncio.Queue()
        self.welcome: Json | None = None
        self.session: Json = {}
        self.forecasts: list[tuple[float, Json]] = []
        self.superseded = False
        self.closed = False

    async def open(self, ticket: str) -> None:
        """Raises: aiohttp.WSServerHandshakeError when the ticket is refused."""
        self._socket = await self._http.ws_connect(f"{self._socket_url}?ticket={ticket}", max_msg_size=1 << 18)
        self._tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._say_hello()),
            asyncio.create_task(self._keep_time()),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket:
            await self._socket.close()

    async def send(self, message: Json) -> None:
        """One signalling message to the streamer, delivered in order however the frames travel."""
        await self._post(self._channel.send(json.dumps(message), _now_ms()))

    async def until_state(self, *states: str, timeout_s: float) -> Json:
        """The session's view once it is in one of these states. Raises: TimeoutError, SocketClosed."""

        def reached() -> bool:
            return self.closed or self.session.get("state") in states

        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(reached)
        if self.session.get("state") not in states:
            raise SocketClosed(f"the session was {self.session.get('state')}, not {states}")
        return self.session

    async def until_welcome(self, timeout_s: float) -> Json:
        """Raises: TimeoutError, SocketClosed."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: self.closed or self.welcome is not None)
        if self.welcome is None:
            raise SocketClosed("closed before the welcome")
        return self.welcome

    async def _listen(self) -> None:
        assert self._socket is not None
        async for received in self._socket:
            if received.type is WSMsgType.TEXT:
                await self._hear(json.loads(received.data))
        await self._notify(closed=True)

    async def _hear(self, frame: Json) -> None:
        match frame.get("kind"):
            case "welcome":
                if self.welcome and _join_of(self.welcome) != _join_of(frame):
                    self._channel = ReliableChannel({})
                    self._heard_streamer = False
                self.welcome = frame
                await self._see(frame["session"])
            case "sessionUpdate":
                await self._see(frame["session"])
            case "eta":
                self.forecasts.append((time.time(), frame["eta"]))
            case "frame" | "ack" | "resend":
                received = self._channel.receive(frame, _now_ms())
                await self._post(received.frames)
                for text in received.messages:
                    self._heard_streamer = True
                    self.messages.put_nowait(json.loads(text))
            case "superseded":
                self.superseded = True
                await self._notify()

    async def _see(self, session: Json) -> None:
        """An older version is dropped: pushes may overtake each other."""
        if session.get("version", 0) >= self.session.get("version", 0):
            self.session = session
        if self._has_moved():
            self._hello_due.set()
        await self._notify()

    async def _notify(self, closed: bool = False) -> None:
        async with self._changed:
            self.closed = self.closed or closed
            self._changed.notify_all()

    async def _say_hello(self) -> None:
        """Until the streamer was heard, and at once again when the session was moved to another slot."""
        while True:
            if self._has_moved() or not (self._heard_streamer or self.session.get("state") == "Connected"):
                await self._post([{"kind": "hello"}])
            self._hello_due.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hello_due.wait(), HELLO_EVERY_S)

    def _has_moved(self) -> bool:
        """The session holds a slot, and the last welcome was for another one."""
        slot = _slot_of(self.session)
        has_slot = self.session.get("state") in ("Assigned", "Connected", "Disconnected")
        return has_slot and self.welcome is not None and slot != _slot_of(self.welcome["session"])

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            due = self._channel.next_at_ms
            if due is not None and due <= _now_ms():
                await self._post(self._channel.poll(_now_ms()))

    async def _post(self, frames: Iterable[Json]) -> None:
        for frame in frames:
            if self._socket and not self._socket.closed:
                await self._socket.send_str(json.dumps(frame, separators=(",", ":")))


def _slot_of(session: Json) -> tuple[Any, Any]:
    slot = session.get("slot") or {}
    return slot.get("slotId"), slot.get("epoch")


def _join_of(welcome: Json) -> tuple[Any, Any, Any]:
    """Sequences begin again with each join and on each slot."""
    return welcome.get("joinNumber"), *_slot_of(welcome["session"])


def _now_ms() -> int:
    return int(time.monotonic() * 1000)
