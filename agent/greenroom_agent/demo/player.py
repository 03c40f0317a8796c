"""The peer connection between the demo streamer and the browser of one viewer."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtpsender import RTCRtpSender
from aiortc.sdp import candidate_from_sdp

from greenroom_agent.demo.data_channel import (
    Input,
    MalformedInput,
    decode_input,
    encode_flag,
    encode_text,
    protocol_descriptions,
)
from greenroom_agent.demo.person_input import is_of_a_person
from greenroom_agent.demo.scene import Scene
from greenroom_agent.demo.scene_track import SceneTrack

log = logging.getLogger(__name__)

SETTINGS = {
    "PixelStreaming": {"AllowPixelStreamingCommands": False, "DisableLatencyTest": False},
    "Encoder": {"TargetBitrate": -1, "MaxBitrate": 20_000_000, "MinQP": 0, "MaxQP": 51, "RateControl": "CBR"},
    "WebRTC": {"DegradationPref": "MAINTAIN_FRAMERATE", "FPS": 30, "MinBitrate": 100_000, "MaxBitrate": 100_000_000},
    "ConfigOptions": {"DefaultToHover": True},
}


class Player:
    """Sends the scene to one browser and applies the browser's input to the scene.

    `mime_types`: the video codecs, the preferred codec first. `on_peer` is called with "connected" and "disconnected"
    when the connection changes, `on_input` on each input by a person.
    """

    def __init__(
        self,
        scene: Scene,
        fps: int,
        mime_types: Sequence[str],
        ice_servers: Sequence[Mapping[str, Any]],
        on_peer: Callable[[str], None],
        on_input: Callable[[], None],
    ) -> None:
        self._scene = scene
        self._on_peer = on_peer
        self._on_input = on_input
        servers = [RTCIceServer(s["urls"], s.get("username"), s.get("credential")) for s in ice_servers]
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._track = SceneTrack(scene, fps)
        transceiver = self._connection.addTransceiver(self._track, "sendonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        # All codecs, the best first: a browser that lacks one (Firefox without H.264) takes the next.
        transceiver.setCodecPreferences([codec for kind in mime_types for codec in codecs if codec.mimeType == kind])
        self._channel: RTCDataChannel = self._connection.createDataChannel("datachannel", ordered=True)
        self._channel.on("open", self._greet)
        self._channel.on("message", self._hear)
        self._connection.on("connectionstatechange", self._state_changed)
        self._adding: set[asyncio.Task[None]] = set()
        self._is_answered = False

    async def offer(self) -> str:
        """Creates the session description (SDP) to offer to the browser.

        The description contains all ICE candidates of the streamer, because aiortc gathers them first.
        """
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def answer(self, sdp: str) -> None:
        """Applies the browser's answer (SDP) to the offer. If the browser answers again, the answer is ignored."""
        if not self._is_answered:
            self._is_answered = True
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    def add_candidate(self, trickled: Mapping[str, Any]) -> None:
        """Adds an ICE candidate (network address) of the browser, in its own task because that may take seconds.

        mDNS candidates are skipped: aioice would query the whole network and cannot resolve them. The browser's
        connectivity checks arrive anyway, and from them aioice learns the browser's address (peer-reflexive).
        """
        line = str(trickled.get("candidate") or "").removeprefix("candidate:")
        if not line or ".local " in line:
            return
        try:
            candidate = candidate_from_sdp(line)
        except (ValueError, AssertionError, IndexError) as error:
            log.warning("dropped a candidate: %r", error)
            return
        candidate.sdpMid, candidate.sdpMLineIndex = trickled.get("sdpMid"), trickled.get("sdpMLineIndex")
        task = asyncio.ensure_future(self._connection.addIceCandidate(candidate))
        self._adding.add(task)
        task.add_done_callback(self._adding.discard)

    async def close(self) -> None:
        """Closes the peer connection; the browser notices at once."""
        self._connection.remove_all_listeners()
        self._track.stop()
        await self._connection.close()

    def _state_changed(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._on_peer("connected")
        elif state in ("failed", "closed"):
            self._on_peer("disconnected")

    def _greet(self) -> None:
        for description in protocol_descriptions():
            self._channel.send(description)
        self._channel.send(encode_text("InitialSettings", json.dumps(SETTINGS)))
        self._channel.send(encode_flag("InputControlOwnership", is_on=True))

    def _hear(self, data: bytes | str) -> None:
        try:
            message = decode_input(data if isinstance(data, bytes) else data.encode())
        except MalformedInput as error:
            log.warning("dropped an input: %s", error)
            return
        if is_of_a_person(message):
            self._on_input()
        reply = _reply(message)
        if reply is None:
            self._scene.apply(message)
        else:
            self._channel.send(reply)


def _reply(message: Input) -> bytes | None:
    if message.name == "LatencyTest":
        now_ms = int(time.time() * 1000)
        times = {"ReceiptTimeMs": now_ms, "EncodeMs": 0, "CaptureToSendMs": 0, "TransmissionTimeMs": now_ms}
        return encode_text("LatencyTest", json.dumps(times))
    if message.name == "RequestQualityControl":
        return encode_flag("QualityControlOwnership", is_on=True)
    if message.name == "RequestInitialSettings":
        return encode_text("InitialSettings", json.dumps(SETTINGS))
    if message.name == "UIInteraction":
        return encode_text("Response", json.dumps({"echo": message.values[0]}))
    return None
