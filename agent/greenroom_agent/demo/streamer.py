"""The demo streamer's side of Epic's signalling protocol, for one player (browser of a viewer) at a time."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from greenroom_agent.demo.player import Player
from greenroom_agent.demo.scene import Scene
from greenroom_agent.strict_json import read_object

log = logging.getLogger(__name__)

MakePlayer = Callable[[list[Mapping[str, Any]], Callable[[str], None], Callable[[], None]], Player]

MAXIMUM_MESSAGE_BYTES = 256 * 1024
ACTIVITY_PAUSE_S = 1.0
"""The viewer's input is reported at most once in this time: a moved mouse sends a hundred messages a second."""


class Streamer:
    """Connects to the agent and streams the scene to the newest player (browser of a viewer) only.

    When the connection to the agent ends, the streamer ends. The scene and its frame number outlive the players.
    `make_player` creates the peer connection to a player.
    """

    def __init__(
        self, streamer_id: str, scene: Scene, make_player: MakePlayer, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._id = streamer_id
        self._scene = scene
        self._make_player = make_player
        self._ice_servers: list[Mapping[str, Any]] = []
        self._player: Player | None = None
        self._player_id = ""
        self._clock = clock
        self._reported_input_at_s = float("-inf")
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def serve(self, url: str) -> None:
        """Streams until the agent closes the connection. Raises: aiohttp.ClientError when it cannot connect."""
        async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
            writer = asyncio.create_task(self._write(socket))
            try:
                async for received in socket:
                    if received.type is aiohttp.WSMsgType.TEXT:
                        await self._hear_text(received.data)
            finally:
                writer.cancel()
                await self._drop()

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await socket.send_json(await self._outbox.get())

    def _say(self, kind: str, **fields: Any) -> None:
        self._outbox.put_nowait({"type": kind, **fields})

    async def _hear_text(self, text: str) -> None:
        """Handles a message from the agent. If the message causes an error, only the current player is disconnected."""
        try:
            await self._hear(read_object(text, MAXIMUM_MESSAGE_BYTES))
        except Exception:  # an answer without video, an invalid candidate: aiortc raises many kinds of errors
            log.exception("player=%s is given up", self._player_id)
            await self._drop()

    async def _hear(self, message: Mapping[str, Any]) -> None:
        kind = message.get("type")
        player_id = str(message.get("playerId", ""))
        if kind == "config":
            self._ice_servers = (message.get("peerConnectionOptions") or {}).get("iceServers") or []
        elif kind == "identify":
            self._say("endpointId", id=self._id, protocolVersion="1.3.0")
        elif kind == "playerConnected":
            await self._connect(player_id)
        elif self._player is None or player_id != self._player_id:
            return
        elif kind == "playerDisconnected":
            await self._drop()
        elif kind == "answer":
            await self._player.answer(str(message.get("sdp", "")))
        elif kind == "iceCandidate":
            self._player.add_candidate(message.get("candidate") or {})

    async def _connect(self, player_id: str) -> None:
        await self._drop()
        self._scene.forget_viewer()

        def report(state: str) -> None:
            log.info("player=%s %s frame=%d", player_id, state, self._scene.frame_number)
            self._say("greenroomPeer", playerId=player_id, state=state)

        player = self._make_player(self._ice_servers, report, lambda: self.saw_input(player_id))
        self._player, self._player_id = player, player_id
        self._say("offer", sdp=await self._player.offer(), playerId=player_id)

    def saw_input(self, player_id: str) -> None:
        """Called when a person has given input in this player's browser: tells the agent, at most once per second."""
        now_s = self._clock()
        if now_s - self._reported_input_at_s >= ACTIVITY_PAUSE_S:
            self._reported_input_at_s = now_s
            self._say("greenroomActivity", playerId=player_id)

    async def _drop(self) -> None:
        player, self._player = self._player, None
        if player is None:
            return
        try:
            await player.close()
        except Exception:  # a connection that was never complete
            log.exception("player=%s could not be closed", self._player_id)
