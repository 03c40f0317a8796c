"""The streamer door: Epic's signalling server side for one slot, on loopback."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import WSMsgType, web

from greenroom_agent.strict_json import MalformedText, read_object

log = logging.getLogger(__name__)

PROTOCOL_VERSION = "1.3.0"  # of Epic's messages; the same for Unreal 5.5 to 5.8
# An SDP is a few KB; anything larger could not cross the Viewer socket anyway.
MAXIMUM_MESSAGE_BYTES = 256 * 1024


class StreamerDoor:
    """Lets in one streamer at a time: the process that the supervisor started.

    A second connection is refused while one stands, and every connection while the door is shut, so that a process of
    another slot, or the last viewer's one that is being killed, cannot slip in. `on_lost` is told when the streamer
    went by itself, not when it was shut out; while the door is open it may come again.
    """

    def __init__(
        self,
        port: int,
        ice_servers: Sequence[Mapping[str, Any]],
        on_ready: Callable[[], None],
        on_message: Callable[[dict[str, Any]], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._port = port
        self._ice_servers = list(ice_servers)
        self._on_ready = on_ready
        self._on_message = on_message
        self._on_lost = on_lost
        self._is_open = False
        self._streamer: web.WebSocketResponse | None = None
        self._connection: asyncio.BaseTransport | None = None
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where the application finds the door."""
        return f"ws://127.0.0.1:{self._port}"

    async def listen(self) -> None:
        """Starts to listen; the door is still shut.

        Raises: OSError when the port is taken.
        """
        application = web.Application()
        application.router.add_get("/{any:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def stop(self) -> None:
        """Shuts the door and stops listening."""
        self.shut()
        if self._runner is not None:
            await self._runner.cleanup()

    def open(self) -> None:
        """The next streamer that connects is the slot's."""
        self._is_open = True

    def shut(self) -> None:
        """Cuts the streamer off; nothing it still says is heard."""
        self._is_open = False
        self._streamer = None
        if self._connection is not None:
            self._connection.close()  # no closing handshake: the process behind it may hang
            self._connection = None

    def send(self, message: Mapping[str, Any]) -> None:
        """A message for the streamer; without one it is dropped, for a fresh process knows of no player."""
        if self._streamer is not None:
            self._outbox.put_nowait(json.dumps(message))

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if not self._is_open or self._streamer is not None:
            return web.Response(status=409, text="this slot has its streamer")
        socket = web.WebSocketResponse(max_msg_size=MAXIMUM_MESSAGE_BYTES, timeout=1)
        self._streamer, self._connection, self._outbox = socket, request.transport, asyncio.Queue()
        writer: asyncio.Task[None] | None = None
        try:
            await socket.prepare(request)
            writer = asyncio.create_task(_write(socket, self._outbox))
            self.send(config(self._ice_servers))
            self.send({"type": "identify"})
            await self._listen_to(socket)
        finally:
            if writer is not None:
                writer.cancel()
            if self._streamer is socket:
                self._streamer = self._connection = None
                self._on_lost()
        return socket

    async def _listen_to(self, socket: web.WebSocketResponse) -> None:
        async for received in socket:
            if self._streamer is not socket:
                return
            if received.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                message = _parse(received.data)
                if message is None:
                    log.warning("door=%d dropped what is no message", self._port)
                else:
                    self._hear(message)

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "endpointId":
            self.send({"type": "endpointIdConfirm", "committedId": str(message.get("id", ""))})
            self._on_ready()
        elif kind == "ping":
            self.send({"type": "pong", "time": message.get("time", 0)})
        else:
            self._on_message(message)


def config(ice_servers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Epic's `config`: what the streamer makes its next peer connections with."""
    options = {"iceServers": list(ice_servers)} if ice_servers else {}
    return {"type": "config", "peerConnectionOptions": options, "protocolVersion": PROTOCOL_VERSION}


async def _write(socket: web.WebSocketResponse, outbox: asyncio.Queue[str]) -> None:
    """Sends in order until the connection ends; what could not be sent is of no use to the next streamer."""
    try:
        while True:
            await socket.send_str(await outbox.get())
    except ConnectionError:
        return


def _parse(data: str | bytes) -> dict[str, Any] | None:
    try:
        message = read_object(data, MAXIMUM_MESSAGE_BYTES)
    except MalformedText:
        return None
    return message if isinstance(message.get("type"), str) else None
