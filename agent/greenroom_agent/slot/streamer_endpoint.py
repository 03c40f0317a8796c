"""The streamer endpoint of one slot: a WebSocket server on loopback that speaks Epic's signalling protocol."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import WSMsgType, web

from greenroom_agent.strict_json import MalformedText, read_object

log = logging.getLogger(__name__)

PROTOCOL_VERSION = "1.3.0"  # of Epic's messages, the same for Unreal 5.5 to 5.8
# An SDP has a few KB. A larger message could not pass the Viewer socket anyway.
MAXIMUM_MESSAGE_BYTES = 256 * 1024


class StreamerEndpoint:
    """Accepts one streamer (program that sends the video) at a time: the process that the supervisor started.

    A second connection is refused while a streamer is connected, and every connection while the endpoint is shut. So
    neither a process of another slot nor the last viewer's process, which is being ended, can connect. `on_ready` is
    called when the streamer has identified itself, `on_message` with its other messages. `on_lost` is called when the
    streamer disconnects by itself, not when `shut` disconnects it; while the endpoint is open, the streamer may
    reconnect.
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
        """The address that the application connects to."""
        return f"ws://127.0.0.1:{self._port}"

    async def listen(self) -> None:
        """Starts to listen on the port, but refuses every streamer until `open` is called.

        Raises: OSError when the port is in use.
        """
        application = web.Application()
        application.router.add_get("/{any:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def stop(self) -> None:
        """Disconnects the streamer and stops listening."""
        self.shut()
        if self._runner is not None:
            await self._runner.cleanup()

    def open(self) -> None:
        """Accepts the next streamer that connects."""
        self._is_open = True

    def shut(self) -> None:
        """Disconnects the streamer, ignores its last messages, and refuses every other streamer until `open`."""
        self._is_open = False
        self._streamer = None
        if self._connection is not None:
            self._connection.close()  # without a closing handshake, because the process may hang
            self._connection = None

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends a message to the streamer. If no streamer is connected, the message is dropped.

        The next streamer would not need the message, because it does not know any player yet.
        """
        if self._streamer is not None:
            self._outbox.put_nowait(json.dumps(message))

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if not self._is_open or self._streamer is not None:
            return web.Response(status=409, text="this slot already has a streamer, or accepts none now")
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
                    log.warning("port=%d dropped an invalid message", self._port)
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
    """Builds Epic's `config` message: the ICE servers for the streamer's next peer connections."""
    options = {"iceServers": list(ice_servers)} if ice_servers else {}
    return {"type": "config", "peerConnectionOptions": options, "protocolVersion": PROTOCOL_VERSION}


async def _write(socket: web.WebSocketResponse, outbox: asyncio.Queue[str]) -> None:
    """Sends the messages of `outbox` in order until the connection ends. Messages that are unsent then are dropped."""
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
