"""The headless viewer's socket: it says hello until it is heard, and again on a slot it was moved to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from greenroom_viewer.viewer_socket import ViewerSocket

Json = dict[str, Any]


class Relay:
    """The other end of the socket: counts what it hears, says what a test wants."""

    def __init__(self) -> None:
        self.hellos = 0
        self.frames: list[Json] = []
        self.url = ""
        self._socket: web.WebSocketResponse | None = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = web.WebSocketResponse()
        await self._socket.prepare(request)
        async for message in self._socket:
            frame = json.loads(message.data)
            if frame["kind"] == "hello":
                self.hellos += 1
            else:
                self.frames.append(frame)
        return self._socket

    async def say(self, **frame: Any) -> None:
        assert self._socket is not None
        await self._socket.send_json(frame)


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    relay = Relay()
    app = web.Application()
    app.router.add_get("/socket", relay.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    relay.url = f"http://127.0.0.1:{runner.addresses[0][1]}/socket"
    yield relay
    await runner.cleanup()


@pytest.fixture
async def channel(relay: Relay) -> AsyncIterator[ViewerSocket]:
    async with ClientSession() as http:
        channel = ViewerSocket(http, relay.url)
        await channel.open("ticket")
        yield channel
        await channel.close()


def session(state: str, version: int, slot_id: str, epoch: int = 1) -> Json:
    return {"state": state, "version": version, "slot": {"slotId": slot_id, "epoch": epoch}}


async def heard(relay: Relay, hellos: int) -> None:
    async with asyncio.timeout(5):
        while relay.hellos < hellos:
            await asyncio.sleep(0.01)


async def test_a_moved_session_says_hello_at_once_on_its_new_slot(relay: Relay, channel: ViewerSocket) -> None:
    await heard(relay, 1)
    await relay.say(kind="welcome", joinNumber=1, epoch=1, session=session("Connected", 3, "i-1.1"))
    await channel.until_state("Connected", timeout_s=2)
    await asyncio.sleep(0.1)
    assert relay.hellos == 1, "connected: nothing more to say"
    await relay.say(kind="sessionUpdate", session=session("Migrating", 4, "i-1.1"))
    await channel.until_state("Migrating", timeout_s=2)
    before = relay.hellos
    await relay.say(kind="sessionUpdate", session=session("Assigned", 5, "i-2.1"))  # the same epoch, another slot
    await heard(relay, before + 1)


async def test_sequences_begin_again_on_the_new_slot(relay: Relay, channel: ViewerSocket) -> None:
    await heard(relay, 1)
    await relay.say(kind="welcome", joinNumber=1, epoch=1, session=session("Connected", 3, "i-1.1"))
    await channel.until_state("Connected", timeout_s=2)
    await channel.send({"type": "answer"})
    await relay.say(kind="welcome", joinNumber=1, epoch=7, session=session("Assigned", 5, "i-2.1", 7))
    await channel.until_state("Assigned", timeout_s=2)
    await channel.send({"type": "answer"})
    async with asyncio.timeout(5):
        while len([frame for frame in relay.frames if frame["kind"] == "frame"]) < 2:
            await asyncio.sleep(0.01)
    assert [frame["sequence"] for frame in relay.frames if frame["kind"] == "frame"] == [1, 1]
