"""The agent's connection to the Viewer socket, the WebSocket API that relays messages between pages and agents."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import aiohttp
import yarl

from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.channel.frame_pieces import encode_frame
from greenroom_agent.control_plane.api_messages import SocketTicket
from greenroom_agent.control_plane.control_plane import Refused, Unavailable
from greenroom_agent.first_done import first_done
from greenroom_agent.strict_json import MalformedText, read_object

log = logging.getLogger(__name__)

HELLO_PAUSE_S = 2.0
WELCOME_S = 15.0
PING_PAUSE_S = 290.0  # API Gateway closes a socket that was idle for 10 minutes
PONG_S = 10.0
MAXIMUM_FRAME = 1 << 20
# API Gateway closes every connection after 2 h. The agent reconnects earlier, and not all agents at the same time.
LIFETIME_S = 100 * 60.0
LIFETIME_SPREAD_S = 15 * 60.0


class TicketApi(Protocol):
    """The API that issues tickets (single-use secrets); a ticket is needed to connect to the Viewer socket."""

    async def socket_ticket(self) -> SocketTicket:
        """Requests a new ticket, which can be used once."""


class ViewerSocket:
    """Keeps the agent connected to the Viewer socket. When a connection ends, opens another with a new ticket.

    `on_frame` is called with every received frame except pongs. The first frame of each connection is the welcome;
    `is_open` is already true when `on_frame` gets it. `luck` returns random numbers in [0, 1).
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        api: TicketApi,
        on_frame: Callable[[Mapping[str, Any]], None],
        luck: Callable[[], float],
    ) -> None:
        self._http = http
        self._api = api
        self._on_frame = on_frame
        self._luck = luck
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._is_welcome = asyncio.Event()
        self._last_pong_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the connection is open and welcomed, so that a frame that is sent now can arrive."""
        return self._is_welcome.is_set()

    def send(self, frame: Mapping[str, Any]) -> None:
        """Sends a frame. Without a connection, the frame is dropped: the reliable channel will repeat it."""
        if self.is_open:
            self._outbox.put_nowait(encode_frame(frame))

    async def run(self) -> None:
        """Keeps the connection open until cancelled. Raises: Outdated when a newer agent runs on this instance."""
        failures = 0
        while True:
            try:
                await self._connect_once()
            except (Unavailable, Refused, ValueError, aiohttp.ClientError, OSError) as error:
                log.warning("viewer socket: %s %s", type(error).__name__, error if isinstance(error, Refused) else "")
            failures = 0 if self.is_open else failures + 1
            self._is_welcome.clear()
            await asyncio.sleep(full_jitter_s(failures, 0.5, 15.0, self._luck()))

    async def _connect_once(self) -> None:
        ticket = await self._api.socket_ticket()
        url = yarl.URL(ticket.socket_url).update_query(ticket=ticket.ticket)
        self._outbox = asyncio.Queue()
        async with asyncio.timeout(WELCOME_S):
            socket = await self._http.ws_connect(url, max_msg_size=MAXIMUM_FRAME)
        try:
            await first_done(self._read(socket), self._write(socket), self._keep(socket))
        finally:
            await socket.close()
        log.info("viewer socket closed code=%s", socket.close_code)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for received in socket:
            if received.type is aiohttp.WSMsgType.TEXT:
                self._hear(received.data)

    def _hear(self, text: str) -> None:
        try:
            frame = read_object(text, MAXIMUM_FRAME, may_be_a_piece=True)
        except MalformedText as error:
            log.warning("viewer socket: dropped an invalid frame: %s", error)
            return
        if frame.get("kind") == "pong":
            self._last_pong_s = asyncio.get_running_loop().time()
        else:
            if frame.get("kind") == "welcome":
                self._is_welcome.set()
            self._on_frame(frame)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await socket.send_str(await self._outbox.get())

    async def _keep(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Keeps the connection alive: sends hello until the welcome arrives, then a ping every 290 s.

        Returns after 100 to 115 minutes, when the connection must be replaced. Raises: TimeoutError when no welcome
        arrives, Unavailable when a ping is not answered.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + LIFETIME_S + LIFETIME_SPREAD_S * self._luck()
        await self._greet(socket)
        while (left_s := until_s - loop.time()) > 0:
            await asyncio.sleep(min(PING_PAUSE_S, left_s))
            asked_s = loop.time()
            await socket.send_str(encode_frame({"kind": "ping"}))
            await asyncio.sleep(PONG_S)
            if self._last_pong_s < asked_s:
                raise Unavailable("no pong")

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Sends hello every 2 s until the welcome arrives. Raises: TimeoutError after 15 s without a welcome."""
        async with asyncio.timeout(WELCOME_S):
            while not self.is_open:
                await socket.send_str(encode_frame({"kind": "hello"}))
                try:
                    async with asyncio.timeout(HELLO_PAUSE_S):
                        await self._is_welcome.wait()
                except TimeoutError:
                    continue
