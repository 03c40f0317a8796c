"""A control plane for one agent, in the test's own process: the agent's doors, the metadata service and the relay."""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

INSTANCE_ID = "i-0123456789abcdef0"
SLOT_ID = f"{INSTANCE_ID}.1"
SECRET = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret", "Token": "session-token"}


class FakeControlPlane:
    """Keeps one slot's truth as the real one would: claim bumps the epoch, ready frees, leaving resets."""

    def __init__(self, port: int, kind: str = "demo", *, heartbeat_s: float = 0.5, lease_s: float = 10) -> None:
        self.port = port
        self.kind = kind
        self.heartbeat_s = heartbeat_s
        self.lease_s = lease_s
        self.state, self.epoch, self.join_number = "Resetting", 0, 0
        self.session_id: str | None = None
        self.idle_limits: dict[str, int] = {}
        self.events: list[dict[str, Any]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.is_silent = False
        self.boot_nonces: list[str] = []
        self.documents: dict[str, str] = {}
        self.authorizations: list[str] = []
        self.to_page: Callable[[dict[str, Any]], None] = lambda frame: None
        self.lose: Callable[[dict[str, Any]], bool] = lambda frame: False
        self._agent: web.WebSocketResponse | None = None
        self._tickets = itertools.count(1)
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/agent/{call}", self._agent_call),
                web.get("/socket", self._socket),
                web.put("/latest/api/token", self._metadata_token),
                web.get("/latest/meta-data/{name:.*}", self._metadata),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        assert self._runner is not None
        if self._agent is not None:
            await self._agent.close()
        await self._runner.cleanup()

    def slot(self) -> dict[str, Any]:
        return {
            "slotId": SLOT_ID,
            "state": self.state,
            "epoch": self.epoch,
            "sessionId": self.session_id,
            "joinNumber": self.join_number,
        }

    async def until(self, holds: Callable[[], bool], what: str, timeout_s: float = 10) -> None:
        async def wait() -> None:
            async with self._changed:
                await self._changed.wait_for(holds)

        try:
            await asyncio.wait_for(wait(), timeout_s)
        except TimeoutError:
            raise AssertionError(f"never: {what}; events {self.events}") from None

    async def until_event(self, event: str, epoch: int, join_number: int, timeout_s: float = 10) -> dict[str, Any]:
        def matching() -> list[dict[str, Any]]:
            wanted = (event, epoch, join_number)
            return [e for e in self.events if (e["event"], e["epoch"], e["joinNumber"]) == wanted]

        await self.until(lambda: bool(matching()), f"{event} epoch={epoch} join={join_number}", timeout_s)
        return matching()[0]

    # What the control plane does

    async def claim(self, session_id: str) -> None:
        assert self.state == "Free"
        self.state, self.epoch, self.session_id, self.join_number = "Reserved", self.epoch + 1, session_id, 0
        await self.to_agent({"kind": "slot", **self.slot()})

    async def join(self) -> None:
        self.join_number += 1
        await self.repeat_join()

    async def repeat_join(self) -> None:
        await self.to_agent(
            {
                "kind": "join",
                "slotId": SLOT_ID,
                "sessionId": self.session_id,
                "epoch": self.epoch,
                "joinNumber": self.join_number,
                **self.idle_limits,
            }
        )

    async def leave(self, *, with_hint: bool = True) -> None:
        self.state = "Resetting"
        if with_hint:
            await self.to_agent({"kind": "slot", **self.slot()})

    async def page_socket(self, *, is_open: bool) -> None:
        await self.to_agent({"kind": "peerSocket", "open": is_open, **self._stamp({})})

    def retire(self) -> None:
        """The instance is taken: the slot is never free again, but its session is still here."""
        self.state = "Retired"

    def hand_over(self) -> None:
        """The session has a slot on another instance; the agent is not told but by its next heartbeat."""
        self.session_id, self.join_number = None, 0

    async def from_page(self, frame: dict[str, Any]) -> None:
        await self.to_agent(self._stamp(frame))

    async def to_agent(self, frame: dict[str, Any]) -> None:
        if self._agent is not None and not self._agent.closed and not self.lose(frame):
            await self._agent.send_json(frame)

    async def cut_socket(self) -> None:
        assert self._agent is not None
        await self._agent.close()

    # Its doors

    async def _agent_call(self, request: web.Request) -> web.Response:
        if self.is_silent:
            return web.Response(status=503)
        self.authorizations.append(request.headers.get("Authorization", ""))
        call = request.match_info["call"]
        body = await request.json()
        if call != "register" and body["bootNonce"] != self.boot_nonces[-1]:
            return web.json_response({"type": "conflict", "detail": "a newer agent"}, status=409)
        answer: web.Response = getattr(self, f"_answer_{call.replace('-', '_')}")(body)
        async with self._changed:
            self._changed.notify_all()
        return answer

    def _answer_register(self, body: dict[str, Any]) -> web.Response:
        if body["bootNonce"] in self.boot_nonces[:-1]:
            return web.json_response({"type": "conflict", "detail": "a newer agent"}, status=409)
        if body["bootNonce"] not in self.boot_nonces:
            if self.boot_nonces:
                self.state, self.epoch, self.session_id, self.join_number = "Resetting", self.epoch + 1, None, 0
            self.boot_nonces.append(body["bootNonce"])
        return web.json_response(
            {
                "instanceId": INSTANCE_ID,
                "poolId": "demo",
                "heartbeat_s": self.heartbeat_s,
                "lease_s": self.lease_s,
                "application": {
                    "applicationId": "demo",
                    "kind": self.kind,
                    "command": [],
                    "slotsPerInstance": 1,
                    "resetTimeout_s": 30,
                },
                "slots": [{"slotId": SLOT_ID, "number": 1, "epoch": self.epoch}],
                "iceServers": [],
            }
        )

    def _answer_heartbeat(self, body: dict[str, Any]) -> web.Response:
        self.heartbeats.append(body)
        answer = {"acceptedAt": "2026-01-31T12:00:00.000Z", "lease_s": self.lease_s, "instanceState": "Ready"}
        return web.json_response({**answer, "slots": [self.slot()]})

    def _answer_slot_events(self, body: dict[str, Any]) -> web.Response:
        if body["epoch"] < self.epoch:
            return web.json_response({"type": "https://greenroom.dev/problems/stale-epoch"}, status=409)
        self.events.append(body)
        if body["event"] == "ready" and self.state == "Resetting":
            self.state, self.session_id, self.join_number = "Free", None, 0
        elif body["event"] == "connected" and self.state == "Reserved":
            self.state = "Streaming"
        return web.json_response({"slot": self.slot()})

    def _answer_socket_ticket(self, body: dict[str, Any]) -> web.Response:
        ticket = f"ticket-{next(self._tickets)}"
        url = f"ws://127.0.0.1:{self.port}/socket"
        return web.json_response({"ticket": ticket, "expiresAt": "", "socketUrl": url}, status=201)

    async def _metadata_token(self, request: web.Request) -> web.Response:
        return web.Response(text="imds-token")

    async def _metadata(self, request: web.Request) -> web.Response:
        if request.headers.get("X-aws-ec2-metadata-token") != "imds-token":
            return web.Response(status=401)
        credentials = {**SECRET, "Code": "Success", "Type": "AWS-HMAC", "Expiration": "2099-01-01T00:00:00Z"}
        values = {
            "instance-id": INSTANCE_ID,
            "local-ipv4": "127.0.0.1",
            "iam/security-credentials/": "agent-role",
            "iam/security-credentials/agent-role": json.dumps(credentials),
            **self.documents,
        }
        name = request.match_info["name"]
        return web.Response(text=values[name]) if name in values else web.Response(status=404)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._agent = socket
        async for received in socket:
            if received.type is WSMsgType.TEXT:
                assert len(received.data.encode()) <= 28_000
                frame = json.loads(received.data)
                if frame["kind"] == "hello":
                    await socket.send_json({"kind": "welcome", "instanceId": INSTANCE_ID, "slots": [self.slot()]})
                elif frame["kind"] == "ping":
                    await socket.send_json({"kind": "pong"})
                elif frame["sessionId"] == self.session_id and not self.lose(frame):
                    self.to_page(self._stamp(frame))
        return socket

    def _stamp(self, frame: dict[str, Any]) -> dict[str, Any]:
        stamp = {"sessionId": self.session_id, "epoch": self.epoch, "joinNumber": self.join_number}
        return {**stamp, **frame, "epoch": self.epoch} if "joinNumber" in frame else {**frame, **stamp}
