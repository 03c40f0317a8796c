"""A viewer without a screen: signs in, presses Play, answers the offer, sees frames, presses keys, leaves."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, WSServerHandshakeError

from greenroom_viewer.addresses import Addresses
from greenroom_viewer.api import Answer, Api, UnexpectedAnswer
from greenroom_viewer.peer import Peer, peer
from greenroom_viewer.sign_in import sign_in
from greenroom_viewer.timeline import Timeline
from greenroom_viewer.viewer_socket import ViewerSocket

QUEUED_WAIT_S = 600.0
CONNECT_WAIT_S = 30.0

Json = dict[str, Any]


@dataclass(slots=True)
class Viewer:
    """One signed-in viewer and the session they run. Create with `viewer(...)`."""

    addresses: Addresses
    http: ClientSession
    api: Api
    timeline: Timeline
    stack: AsyncExitStack
    session: Json
    channel: ViewerSocket | None = None
    media: Peer | None = None
    _feeding: asyncio.Task[None] | None = None

    @property
    def session_id(self) -> str:
        return str(self.session["sessionId"])

    async def request(self, application_id: str, client_token: str | None = None) -> Answer:
        """POST /sessions."""
        body = {"applicationId": application_id, "clientToken": client_token or secrets.token_hex(12)}
        answer = await self.api.call("POST", "/sessions", body)
        if answer.status < 300:
            self.session = answer.body
        self.timeline.mark("claim")
        return answer

    async def join(self) -> Json:
        """Open the Viewer socket and be welcomed with a slot (waiting for one if need be). Raises: TimeoutError."""
        ticket = (self.session.get("ticket") or {}).get("ticket") or await self.new_ticket()
        self.channel = ViewerSocket(self.http, self.addresses.socket_url)
        self.stack.push_async_callback(self.channel.close)
        try:
            await self.channel.open(ticket)
        except WSServerHandshakeError:  # the line moved on meanwhile, and the ticket was for another epoch
            await self.channel.open(await self.new_ticket())
        await self.channel.until_state("Assigned", "Connected", timeout_s=QUEUED_WAIT_S)
        welcome = await self.channel.until_welcome(CONNECT_WAIT_S)
        self.timeline.mark("socket")
        return welcome

    async def new_ticket(self, resume_join: int | None = None) -> str:
        body = {} if resume_join is None else {"resumeJoin": resume_join}
        answer = await self.api.must("POST", f"/sessions/{self.session_id}/ticket", body)
        return str(answer["ticket"])

    async def watch(self) -> Peer:
        """Answer the streamer's offer and wait for the first decoded frame. Raises: TimeoutError."""
        assert self.channel is not None
        self.media = await self.stack.enter_async_context(peer())
        async with asyncio.timeout(CONNECT_WAIT_S):
            offer = await self._next_message("offer")
            self.timeline.mark("offer")
            sdp = await self.media.answer(offer["sdp"])
            await self.channel.send({"type": "answer", "sdp": sdp})
            self._feeding = asyncio.create_task(self._feed_candidates())
            self.stack.callback(self._feeding.cancel)
            await self.media.connected.wait()
            self.timeline.mark("ICE")
            await self.media.first_frame.wait()
            self.timeline.mark("first frame")
        since_click_ms = round(self.timeline.between_ms(self.timeline.marks[0][0], "first frame"))
        await self.channel.send({"type": "greenroomPlaying", "firstFrame_ms": since_click_ms})
        return self.media

    async def until_connected(self) -> Json:
        """The control plane says Connected. Raises: TimeoutError."""
        assert self.channel is not None
        self.session = await self.channel.until_state("Connected", timeout_s=CONNECT_WAIT_S)
        return self.session

    async def leave(self) -> Json:
        """DELETE /sessions/{sessionId}. Raises: UnexpectedAnswer."""
        self.session = await self.api.must("DELETE", f"/sessions/{self.session_id}")
        return self.session

    async def view(self) -> Json:
        """GET /sessions/{sessionId}. Raises: UnexpectedAnswer."""
        return await self.api.must("GET", f"/sessions/{self.session_id}")

    async def until(self, *states: str, timeout_s: float) -> Json:
        """The session's row through HTTP once it is in one of these states. Raises: TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while (view := await self.view())["state"] not in states:
                await asyncio.sleep(0.1)
        return view

    async def vanish(self) -> None:
        """What a killed browser does: socket and media are gone without a word."""
        if self._feeding:
            self._feeding.cancel()
        if self.media:
            await self.media.close()
        if self.channel:
            await self.channel.close()

    async def _next_message(self, kind: str) -> Json:
        assert self.channel is not None
        while True:
            message = await self.channel.messages.get()
            if message.get("type") == kind:
                return message

    async def _feed_candidates(self) -> None:
        while True:
            message = await self._next_message("iceCandidate")
            assert self.media is not None
            await self.media.add_candidate(message["candidate"])


@asynccontextmanager
async def viewer(addresses: Addresses, user: str, password: str) -> AsyncIterator[Viewer]:
    """A signed-in viewer; everything it opened is closed at the end (its session goes on)."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        timeline = Timeline()
        tokens = await sign_in(http, addresses.sign_in, user, password)
        timeline.mark("token")
        yield Viewer(addresses, http, Api(http, addresses.api_url, tokens.access_token), timeline, stack, {})


async def launch(who: Viewer, application_id: str) -> None:
    """Press Play: from the claim to the welcome. Raises: UnexpectedAnswer, TimeoutError."""
    answer = await who.request(application_id)
    if answer.status >= 300:
        raise UnexpectedAnswer(f"POST /sessions answered {answer.status}: {answer.body}")
    await who.join()
