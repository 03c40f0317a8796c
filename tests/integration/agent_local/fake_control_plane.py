"""A control plane for one agent, in the test's own process: the agent's routes, the metadata service and the relay."""

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import WSMsgType, web

INSTANCE_ID = "i-0123456789abcdef0"
SECRET = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret", "Token": "session-token"}


class FakeSlot:
    """One slot's truth. `to_page` hears what the agent says to the page of its session."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.slot_id = f"{INSTANCE_ID}.{number}"
        self.state, self.epoch, self.join_number = "Resetting", 0, 0
        self.session_id: str | None = None
        self.to_page: Callable[[dict[str, Any]], None] = lambda frame: None

    def truth(self) -> dict[str, Any]:
        return {
            "slotId": self.slot_id,
            "state": self.state,
            "epoch": self.epoch,
            "sessionId": self.session_id,
            "joinNumber": self.join_number,
        }

    def stamp(self, frame: dict[str, Any]) -> dict[str, Any]:
        stamp = {"sessionId": self.session_id, "epoch": self.epoch, "joinNumber": self.join_number}
        return {**stamp, **frame, "epoch": self.epoch} if "joinNumber" in frame else {**frame, **stamp}

    def hear(self, event: str) -> None:
        """ready frees, exited and notReady take a free slot back, a session that lost its application ends."""
        if event == "ready" and self.state == "Resetting":
            self.state, self.session_id, self.join_number = "Free", None, 0
        elif event == "connected" and self.state == "Reserved":
            self.state = "Streaming"
        elif event in ("exited", "notReady") and self.state == "Free":
            self.state = "Resetting"


class FakeControlPlane:
    """Keeps its slots' truth as the real one would: claim bumps the epoch, ready frees, leaving resets.

    What names no slot is about the first one.
    """

    def __init__(
        self,
        port: int,
        kind: str = "demo",
        *,
        command: Sequence[str] = (),
        slot_count: int = 1,
        heartbeat_s: float = 0.5,
        lease_s: float = 10,
    ) -> None:
        self.port = port
        self.kind = kind
        self.command = list(command)
        self.heartbeat_s = heartbeat_s
        self.lease_s = lease_s
        self.slots = [FakeSlot(number) for number in range(1, slot_count + 1)]
        self.idle_limits: dict[str, int] = {}
        self.events: list[dict[str, Any]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.is_silent = False
        self.is_deaf = False  # to slot events: they find nobody, and come again
        self.boot_nonces: list[str] = []
        self.documents: dict[str, str] = {}
        self.authorizations: list[str] = []
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

    @property
    def slot(self) -> FakeSlot:
        return self.slots[0]

    @property
    def state(self) -> str:
        return self.slot.state

    @property
    def epoch(self) -> int:
        return self.slot.epoch

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

    async def claim(self, session_id: str, slot: FakeSlot | None = None) -> None:
        slot = slot or self.slot
        assert slot.state == "Free"
        slot.state, slot.epoch, slot.session_id, slot.join_number = "Reserved", slot.epoch + 1, session_id, 0
        await self.to_agent({"kind": "slot", **slot.truth()})

    async def join(self, slot: FakeSlot | None = None) -> None:
        (slot or self.slot).join_number += 1
        await self.repeat_join(slot)

    async def repeat_join(self, slot: FakeSlot | None = None) -> None:
        slot = slot or self.slot
        await self.to_agent({"kind": "join", "slotId": slot.slot_id, **slot.stamp({}), **self.idle_limits})

    async def leave(self, slot: FakeSlot | None = None, *, with_hint: bool = True) -> None:
        slot = slot or self.slot
        slot.state = "Resetting"
        if with_hint:
            await self.to_agent({"kind": "slot", **slot.truth()})

    async def page_socket(self, *, is_open: bool) -> None:
        await self.to_agent({"kind": "peerSocket", "open": is_open, **self.slot.stamp({})})

    def retire(self) -> None:
        """The instance is taken: the slot is never free again, but its session is still here."""
        self.slot.state = "Retired"

    def hand_over(self) -> None:
        """The session has a slot on another instance; the agent is not told but by its next heartbeat."""
        self.slot.session_id, self.slot.join_number = None, 0

    async def from_page(self, frame: dict[str, Any], slot: FakeSlot | None = None) -> None:
        await self.to_agent((slot or self.slot).stamp(frame))

    async def to_agent(self, frame: dict[str, Any]) -> None:
        if self._agent is not None and not self._agent.closed and not self.lose(frame):
            await self._agent.send_json(frame)

    async def text_to_agent(self, text: str) -> None:
        """Whatever could come over the Viewer socket."""
        assert self._agent is not None
        await self._agent.send_str(text)

    async def cut_socket(self) -> None:
        assert self._agent is not None
        await self._agent.close()

    # Its routes

    async def _agent_call(self, request: web.Request) -> web.Response:
        if self.is_silent or (self.is_deaf and request.match_info["call"] == "slot-events"):
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
                for slot in self.slots:
                    slot.state, slot.epoch, slot.session_id, slot.join_number = "Resetting", slot.epoch + 1, None, 0
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
                    "command": self.command,
                    "slotsPerInstance": len(self.slots),
                    "startTimeout_s": 60,
                },
                "slots": [{"slotId": s.slot_id, "number": s.number, "epoch": s.epoch} for s in self.slots],
                "iceServers": [],
            }
        )

    def _answer_heartbeat(self, body: dict[str, Any]) -> web.Response:
        self.heartbeats.append(body)
        answer = {"acceptedAt": "2026-01-31T12:00:00.000Z", "lease_s": self.lease_s, "instanceState": "Ready"}
        return web.json_response({**answer, "slots": [slot.truth() for slot in self.slots]})

    def _answer_slot_events(self, body: dict[str, Any]) -> web.Response:
        [slot] = [slot for slot in self.slots if slot.slot_id == body["slotId"]]
        if body["epoch"] < slot.epoch:
            return web.json_response({"type": "https://greenroom.dev/problems/stale-epoch"}, status=409)
        self.events.append(body)
        slot.hear(body["event"])
        return web.json_response({"slot": slot.truth()})

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
                    slots = [slot.truth() for slot in self.slots]
                    await socket.send_json({"kind": "welcome", "instanceId": INSTANCE_ID, "slots": slots})
                elif frame["kind"] == "ping":
                    await socket.send_json({"kind": "pong"})
                elif not self.lose(frame):
                    for slot in self.slots:
                        if slot.session_id == frame["sessionId"]:
                            slot.to_page(slot.stamp(frame))
        return socket
