"""The demo's peer connection: browsers with other codecs, and answers that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

pytest.importorskip("aiortc", reason="the demo is an extra")

import aioice.ice
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from greenroom_agent.demo.player import Player
from greenroom_agent.demo.scene import Scene
from greenroom_agent.demo.streamer import Streamer
from greenroom_agent.slot.streamer_endpoint import StreamerEndpoint

from .test_slot_fence import free_port, until

BOTH = ("video/H264", "video/VP8")


@pytest.fixture(autouse=True)
def on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


class Page:
    """What a page says to a demo streamer by way of the endpoint, and what it hears."""

    def __init__(self, endpoint: StreamerEndpoint, heard: list[dict[str, Any]], streaming: asyncio.Task[None]) -> None:
        self._endpoint, self._heard, self.streaming = endpoint, heard, streaming

    def say(self, player: int, kind: str, **fields: Any) -> None:
        self._endpoint.send({"type": kind, "playerId": str(player), **fields})

    async def offered(self, player: int) -> str:
        self.say(player, "playerConnected")
        return str((await self.hears(player, "offer"))["sdp"])

    async def hears(self, player: int, kind: str) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            return [m for m in self._heard if (m["type"], m["playerId"]) == (kind, str(player))]

        await until(lambda: found() or self.streaming.done())
        assert not self.streaming.done(), "the streamer lives"
        return found()[-1]


@asynccontextmanager
async def demo() -> AsyncIterator[Page]:
    heard: list[dict[str, Any]] = []
    is_there = asyncio.Event()
    endpoint = StreamerEndpoint(free_port(), [], is_there.set, heard.append, lambda: None)
    await endpoint.listen()
    endpoint.open()
    scene = Scene(160, 90)
    streamer = Streamer("demo", scene, lambda *wishes: Player(scene, 10, BOTH, *wishes))
    streaming = asyncio.create_task(streamer.serve(endpoint.url))
    await until(lambda: streaming.done() or is_there.is_set())
    yield Page(endpoint, heard, streaming)
    streaming.cancel()
    await asyncio.gather(streaming, return_exceptions=True)
    await endpoint.stop()


async def answer_to(offer: str, known: str) -> tuple[RTCPeerConnection, str]:
    """A browser that knows this codec alone, and its answer."""
    browser = RTCPeerConnection()
    await browser.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    codecs = [codec for codec in RTCRtpReceiver.getCapabilities("video").codecs if codec.mimeType == known]
    browser.getTransceivers()[0].setCodecPreferences(codecs)
    await browser.setLocalDescription(await browser.createAnswer())
    return browser, str(browser.localDescription.sdp)


@pytest.mark.parametrize("known", BOTH)
async def test_a_browser_that_knows_one_codec_sees_the_picture(known: str) -> None:
    async with demo() as page:
        browser, answer = await answer_to(await page.offered(1), known)
        frames = asyncio.ensure_future(browser.getTransceivers()[0].receiver.track.recv())
        page.say(1, "answer", sdp=answer)
        assert (await page.hears(1, "greenroomPeer"))["state"] == "connected"
        assert (await asyncio.wait_for(frames, 5)).width == 160
        await browser.close()


def refused(answer: str) -> str:
    return answer.replace("m=video 9", "m=video 0").replace("a=recvonly", "a=inactive")


HOSTILE_ANSWERS = {
    "no video wanted": refused,
    "a video line without codecs": lambda answer: (
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 0 UDP/TLS/RTP/SAVPF 0\r\n"
    ),
    "another order of lines": lambda answer: answer[: answer.index("m=")] + answer[answer.index("m=application") :],
    "no answer": lambda answer: "",
    "no text of this kind": lambda answer: "v=0\r\nm=\r\na=candidate:\r\n",
    "a codec that was not offered": lambda answer: answer.replace("VP8/90000", "AV1/90000"),
    "lines of nonsense": lambda answer: answer.replace("a=", "a=rtpmap:x y/z "),
}


@pytest.mark.parametrize("spoil", HOSTILE_ANSWERS.values(), ids=HOSTILE_ANSWERS)
async def test_the_demo_never_dies_of_an_answer_and_serves_the_next_player(spoil: Any) -> None:
    async with demo() as page:
        browser, answer = await answer_to(await page.offered(1), "video/VP8")
        page.say(1, "answer", sdp=spoil(answer))
        for line in (
            "candidate:1 1 udp x 127.0.0.1 y typ host",
            "candidate:",
            "nonsense",
            "candidate:1 1 udp 1 ::1 9 typ",
        ):
            page.say(1, "iceCandidate", candidate={"candidate": line, "sdpMid": "0", "sdpMLineIndex": 7})
        await browser.close()
        browser, answer = await answer_to(await page.offered(2), "video/VP8")
        page.say(2, "answer", sdp=answer)
        assert (await page.hears(2, "greenroomPeer"))["state"] == "connected"
        await browser.close()
