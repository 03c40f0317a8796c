"""A relayed picture in a real browser, through Debian's coturn; and what coturn says to a credential that expired.

The page is Chromium's own RTCPeerConnection, the streamer is the demo behind the agent's slot and door; the two halves
are joined by what relay_frame posts, so the credentials are those that a viewer and an agent really get.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint
from greenroom.domain.connection import Connection, PeerKind
from greenroom.domain.relay import turn_credential
from greenroom.usecases.admit_connection import admit_connection, open_connection
from greenroom.usecases.issue_ticket import ticket_for
from greenroom.usecases.relay_frame import relay_frame
from greenroom_agent.door_messages import parse_join
from greenroom_agent.slot import Slot
from greenroom_agent.stage import Stage
from greenroom_agent.streamer_door import StreamerDoor
from greenroom_lab.processes import start_child, stop_child
from greenroom_lab.turn_server import COTURN, TurnServer, free_port, turn_server

from tests.e2e.chromium import CHROMIUM, browser
from tests.fakes.ports import FakePorts
from tests.fakes.stage import NONCE, launch, slot_of, stage

pytestmark = [
    pytest.mark.skipif(COTURN is None, reason="no coturn on this machine (make turn installs it where it may)"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

Json = dict[str, Any]
CONNECT = """async ({sdp, configuration}) => {
    const pc = window.pc = new RTCPeerConnection(configuration);
    window.refusals = [];
    pc.onicecandidateerror = (error) => window.refusals.push(error.errorCode);
    pc.ontrack = ({streams, track}) => {
        const video = document.body.appendChild(document.createElement('video'));
        [video.muted, video.autoplay, video.srcObject] = [true, true, streams[0] ?? new MediaStream([track])];
    };
    const gathered = new Promise((done) => {
        pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
    });
    await pc.setRemoteDescription({type: 'offer', sdp});
    await pc.setLocalDescription(await pc.createAnswer());
    await gathered;
    return pc.localDescription.sdp;
}"""
SEEN = """async () => {
    const stats = [...(await window.pc.getStats()).values()];
    const transport = stats.find((each) => each.type === 'transport');
    const pair = stats.find((each) => each.id === transport?.selectedCandidatePairId);
    const video = document.querySelector('video');
    return {
        state: window.pc.connectionState,
        local: stats.find((each) => each.id === pair?.localCandidateId)?.candidateType ?? null,
        received: pair?.bytesReceived ?? 0,
        frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
    };
}"""


class AgentsSocket:
    """The Viewer socket and the supervisor, as a slot sees them; keeps the signalling messages for the page."""

    is_open = True

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Json] = asyncio.Queue()

    def send(self, frame: Any) -> None:
        if frame["kind"] == "frame":
            self.messages.put_nowait(json.loads(frame["data"]))

    def ready(self) -> None: ...
    def restart(self) -> None: ...
    def stop(self) -> None: ...


@asynccontextmanager
async def demo_slot(folder: Path) -> AsyncIterator[tuple[Slot, AgentsSocket]]:
    """The demo streamer behind a slot of the agent, ready for a viewer."""
    socket, ready = AgentsSocket(), asyncio.Event()
    slot = Slot(Stage("i-00000001.1", 0), socket, None)

    def identified() -> None:
        slot.application_ready()
        ready.set()

    door = StreamerDoor(free_port(), [], identified, slot.hear_streamer)
    slot.bind(door, socket, lambda report: None)
    await door.listen()
    door.open()
    command = [sys.executable, "-m", "greenroom_agent.demo", "--url", door.url, "--loopback", "--codec", "vp8"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    child = await start_child(command, environment, folder, folder / "demo.log")
    try:
        await asyncio.wait_for(ready.wait(), 20)
        yield slot, socket
    finally:
        slot.close()
        await door.stop()
        await stop_child(child, grace_s=1)


def hello(server: TurnServer, at: float) -> tuple[Json, Json]:
    """What relay_frame posts at a page's hello: the welcome, and the join to the agent."""
    ports: FakePorts = stage(1)
    ports.time, ports.turn_urls, ports.relay_secret.secret = at, (server.url,), server.secret
    session = launch(ports).session
    instance_id = slot_of(ports, session).instance_id
    ports.connections.store(Connection("agent", PeerKind.AGENT, 0, instance_id=instance_id, boot_nonce=NONCE))
    open_connection("page", admit_connection(ticket_for(session, None, ports).ticket, ports), ports)
    relay_frame("page", json.dumps({"kind": "hello"}), ports)
    (welcome,), (join,) = ports.socket.to("page", "welcome"), ports.socket.to("agent", "join")
    return welcome, join


async def offer_of(slot: Slot, socket: AgentsSocket, join: Json) -> str:
    slot.join(parse_join(join))
    offer = await asyncio.wait_for(socket.messages.get(), 20)
    assert offer["type"] == "offer"
    return str(offer["sdp"])


def answered(join: Json, sdp: str) -> Json:
    """The page's answer, as the relay stamps it."""
    stamp = {name: join[name] for name in ("sessionId", "epoch", "joinNumber")}
    return {
        "kind": "frame",
        "sequence": 1,
        "part": 1,
        "parts": 1,
        "data": json.dumps({"type": "answer", "sdp": sdp}),
        **stamp,
    }


async def test_a_picture_that_must_take_the_relay_plays_through_it(tmp_path: Path) -> None:
    async with turn_server() as server, demo_slot(tmp_path) as (slot, socket), browser() as opened:
        welcome, join = hello(server, time.time())
        sdp = await offer_of(slot, socket, join)
        assert " typ relay" in sdp, "the agent's credential opened the relay, too"
        page = await opened.new_page()
        configuration = {"iceServers": welcome["iceServers"], "iceTransportPolicy": "relay"}
        answer = await page.evaluate(CONNECT, {"sdp": sdp, "configuration": configuration})
        assert " typ relay" in answer
        assert " typ host" not in answer
        slot.hear_page(answered(join, answer))
        async with asyncio.timeout(30):
            while (seen := await page.evaluate(SEEN))["frames"] < 10:
                await asyncio.sleep(0.2)
        assert (seen["state"], seen["local"]) == ("connected", "relay")
        assert seen["received"] > 10_000
        log = server.log.read_text()
        assert f"user <{welcome['iceServers'][0]['username']}>" in log, "coturn knows whose relay it is"


async def test_a_credential_that_expired_opens_nothing_for_the_browser(tmp_path: Path) -> None:
    async with turn_server() as server, demo_slot(tmp_path) as (slot, socket), browser() as opened:
        _, join = hello(server, time.time())
        sdp = await offer_of(slot, socket, join)
        old, _ = hello(server, time.time() - 86_400)
        page = await opened.new_page()
        configuration = {"iceServers": old["iceServers"], "iceTransportPolicy": "relay"}
        answer = await page.evaluate(CONNECT, {"sdp": sdp, "configuration": configuration})
        assert "a=candidate" not in answer
        assert 401 in await page.evaluate("window.refusals")


@pytest.mark.parametrize(
    ("desc", "lasts_s", "secret", "opens"),
    [
        ("one that still lasts", 60, None, True),
        ("one that expired", -1, None, False),
        ("one of another secret", 60, "guessed", False),
    ],
)
async def test_coturn_lets_in_who_has_a_credential_of_its_secret_that_lasts(
    desc: str, lasts_s: float, secret: str | None, opens: bool
) -> None:
    async with turn_server() as server:
        made = turn_credential(secret or server.secret, "ses-1", time.time() + lasts_s)
        asked = create_turn_endpoint(
            asyncio.DatagramProtocol, ("127.0.0.1", server.port), made.username, made.credential
        )
        if opens:
            transport, _ = await asked
            transport.close()
            return
        with pytest.raises(TransactionFailed) as refused:
            await asked
        assert refused.value.response.error_code == 401, desc
