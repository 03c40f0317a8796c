"""Signed calls, heartbeats under a fake clock, reports until accepted, and how a slot learns that the picture flows."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session
from greenroom_agent.control_plane.api_messages import HeartbeatAnswer, Join, SlotState, SlotTruth
from greenroom_agent.control_plane.control_plane import ControlPlane, Outdated, Refused, SlotReading, Unavailable
from greenroom_agent.control_plane.heartbeat import Heartbeat
from greenroom_agent.control_plane.lease import Lease
from greenroom_agent.control_plane.report import Report
from greenroom_agent.control_plane.request_signing import RequestSigner
from greenroom_agent.instance.notice import Ec2Notice
from greenroom_agent.runner.null_application import answers
from greenroom_agent.slot import slot as slot_module
from greenroom_agent.slot.occupancy import Occupancy
from greenroom_agent.slot.slot import Slot
from greenroom_agent.slot.slot_reports import SlotReports

READY = Report("ready", 1, None, 0)
CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "token")


def signer() -> RequestSigner:
    session = Session()
    session.set_credentials(CREDENTIALS.access_key, CREDENTIALS.secret_key, CREDENTIALS.token)
    return RequestSigner("us-east-1", session)


def sign_again(request: web.Request, body: bytes) -> str:
    """The Authorization header that a verifier computes from what arrived."""
    names = request.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    arrived = {name: request.headers[name] for name in names if name != "host"}
    again = AWSRequest(request.method, str(request.url), data=body, headers=arrived)
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    auth = SigV4Auth(CREDENTIALS, "execute-api", "us-east-1")
    canonical = auth.canonical_request(again)
    signature = auth.signature(auth.string_to_sign(again, canonical), again)
    return request.headers["Authorization"].split("Signature=")[0] + f"Signature={signature}"


async def call_with(statuses: list[int], call: str = "socket_ticket", path: str = "/api") -> Any:
    """Calls the control plane, which answers with these statuses, checking each signature."""
    answers = iter(statuses)

    async def serve(request: web.Request) -> web.Response:
        body = await request.read()
        assert request.headers["Authorization"] == sign_again(request, body)
        assert request.headers["X-Amz-Security-Token"] == "token"
        answer = {"ticket": "t", "socketUrl": "ws://x", "detail": "why", "lease_s": 45, "slots": []}
        return web.json_response(answer, status=next(answers))

    app = web.Application()
    app.router.add_post("/{path:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as http:
        api = ControlPlane(http, signer(), f"http://127.0.0.1:{port}{path}", "nonce", lambda: 0.0)
        try:
            return await (api.heartbeat([], None) if call == "heartbeat" else api.socket_ticket())
        finally:
            await runner.cleanup()
            assert list(answers) == [], "it was called as often as expected"


@pytest.mark.parametrize("path", ["/api", "/_aws/execute-api/abc123/$default"])
async def test_a_call_is_signed_for_exactly_what_is_sent(path: str) -> None:
    assert (await call_with([201], path=path)).ticket == "t"


async def test_faults_and_throttles_are_tried_again_but_not_for_ever() -> None:
    assert (await call_with([500, 429, 201])).ticket == "t"
    with pytest.raises(Unavailable):
        await call_with([503, 503, 503])
    with pytest.raises(Unavailable):
        await call_with([503], "heartbeat")


async def test_a_refusal_is_not_tried_again() -> None:
    with pytest.raises(Refused, match="why"):
        await call_with([403])
    with pytest.raises(Outdated):
        await call_with([409])


class FakeApi:
    """Accepts heartbeats and reports unless told otherwise; each call takes `takes_s` of the fake clock."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.takes_s = 0.0
        self.failures: list[Exception] = []
        self.reports: list[Report] = []

    async def heartbeat(self, slots: Sequence[SlotReading], notice: Ec2Notice | None) -> HeartbeatAnswer:
        self.now_s += self.takes_s
        if self.failures:
            raise self.failures.pop(0)
        return HeartbeatAnswer(45, "Ready", ())

    async def report(self, slot_id: str, report: Report) -> SlotTruth:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        self.reports.append(report)
        return SlotTruth(slot_id, report.epoch, SlotState.FREE)


async def test_a_heartbeat_renews_the_lease_from_when_it_was_sent_and_feeds_the_dead_man(tmp_path: Path) -> None:
    api, lease, file = FakeApi(), Lease(45, 60), tmp_path / "alive"
    heartbeat = Heartbeat(api, lease, 15, list, lambda: api.now_s, lambda: 0.5, file)
    api.takes_s = 8
    api.failures = [Unavailable("HTTP 503")]
    assert await heartbeat.beat() is None
    assert not file.exists()
    assert lease.is_expired(105)
    assert await heartbeat.beat() is not None
    assert file.exists()
    assert lease.remaining_s(108) == 45


async def test_an_outdated_heartbeat_is_not_survived() -> None:
    api = FakeApi()
    api.failures = [Outdated("a newer boot")]
    heartbeat = Heartbeat(api, Lease(45, 100), 15, list, lambda: api.now_s, lambda: 0.5)
    with pytest.raises(Outdated):
        await heartbeat.run(lambda answer: None)


async def test_the_fence_falls_with_the_lease() -> None:
    api, lease, falls = FakeApi(), Lease(45, 100), asyncio.Event()
    heartbeat = Heartbeat(api, lease, 15, list, lambda: api.now_s, lambda: 0.5)
    api.now_s = 144.95
    watching = asyncio.create_task(heartbeat.watch_lease(falls.set))
    await asyncio.sleep(0.01)
    assert not falls.is_set()
    api.now_s = 145
    async with asyncio.timeout(1):
        await falls.wait()
    watching.cancel()


async def deliver(api: FakeApi, reports: list[Report], outdated_below: int = 0) -> list[SlotTruth]:
    truths: list[SlotTruth] = []
    line = SlotReports("i-1.1", api, lambda report: report.epoch < outdated_below, truths.append, lambda: 0.0)
    task = asyncio.create_task(line.run())
    for report in reports:
        line.add(report)
    for _ in range(40):
        await asyncio.sleep(0)
    task.cancel()
    return truths


async def test_reports_arrive_in_order_each_once_whatever_fails() -> None:
    api = FakeApi()
    api.failures = [Unavailable("x"), Refused("HTTP 403")]
    connected = Report("connected", 1, "ses-1", 1)
    truths = await deliver(api, [READY, READY, connected])
    assert api.reports == [READY, connected]
    assert len(truths) == 2


async def test_ready_not_ready_and_ready_again_are_three_reports() -> None:
    api, lost = FakeApi(), Report("notReady", 1, None, 0)
    api.failures = [Unavailable("x")]
    await deliver(api, [READY, lost, READY, READY])
    assert api.reports == [READY, lost, READY]


async def test_an_outdated_report_is_given_up() -> None:
    api = FakeApi()
    api.failures = [Outdated("stale-epoch")]
    newer = Report("ready", 2, None, 0)
    await deliver(api, [READY, newer])
    assert api.reports == [newer]
    api.reports.clear()
    await deliver(api, [READY, newer], outdated_below=2)
    assert api.reports == [newer]


class Recorder:
    """The slot's streamer, supervisor, socket and control plane in one."""

    is_open = True

    def __init__(self) -> None:
        self.to_streamer: list[dict[str, Any]] = []
        self.to_relay: list[dict[str, Any]] = []
        self.reports: list[str] = []
        self.stops = self.losses = 0
        self.failures: list[str] = []

    def send(self, message: Any) -> None:
        (self.to_relay if "kind" in message else self.to_streamer).append(message)

    def ready(self) -> None: ...
    def restart(self) -> None: ...

    def fail(self, detail: str) -> None:
        self.failures.append(detail)

    def lost(self) -> None:
        self.losses += 1

    def stop(self) -> None:
        self.stops += 1

    def notify(self, report: Report) -> None:
        self.reports.append(report.event)


def joined_slot() -> tuple[Slot, Recorder]:
    recorder = Recorder()
    slot = Slot(Occupancy("i-1.1", 0), recorder, "203.0.113.7")
    slot.bind(recorder, recorder, recorder.notify)
    slot.application_ready()
    slot.join(Join("i-1.1", "ses-1", 1, 1))
    return slot, recorder


async def test_the_streamer_hears_of_a_joins_own_ice_servers_before_it_hears_of_the_player(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    slot, recorder = joined_slot()
    assert [message["type"] for message in recorder.to_streamer] == ["playerConnected"], "none named: those it has"
    relay = {"urls": ["turn:x"], "username": "1:ses-1", "credential": "never told"}
    slot.join(Join("i-1.1", "ses-1", 1, 2, ice_servers=(relay,)))
    slot.join(Join("i-1.1", "ses-1", 1, 3, ice_servers=()))
    said = [m for m in recorder.to_streamer if m["type"] in ("config", "playerConnected")][1:]
    assert [(m["type"], m.get("playerId")) for m in said] == [
        ("config", None),
        ("playerConnected", "2"),
        ("config", None),
        ("playerConnected", "3"),
    ]
    assert said[0]["peerConnectionOptions"] == {"iceServers": [relay]}
    assert said[2]["peerConnectionOptions"] == {}, "an empty list takes the last viewer's credential away"
    assert "never told" not in caplog.text
    slot.close()


def from_page(sequence: int, data: str, join_number: int = 1) -> dict[str, Any]:
    frame = {"kind": "frame", "sequence": sequence, "part": 1, "parts": 1, "data": data}
    return {**frame, "sessionId": "ses-1", "epoch": 1, "joinNumber": join_number}


async def test_only_the_current_players_messages_cross_and_the_offer_is_widened() -> None:
    slot, recorder = joined_slot()
    candidate = "candidate:1 1 udp 9 10.0.0.9 50000 typ host"
    slot.hear_streamer({"type": "offer", "playerId": "7", "sdp": "x"})
    slot.hear_streamer({"type": "serverOnly", "playerId": "1"})
    slot.hear_streamer({"type": "iceCandidate", "playerId": "1", "candidate": {"candidate": candidate}})
    assert [frame["sequence"] for frame in recorder.to_relay] == [1, 2]
    assert "203.0.113.7" in recorder.to_relay[1]["data"]
    assert recorder.to_relay[0]["sessionId"] == "ses-1"
    slot.hear_page(from_page(1, '{"type":"answer","sdp":"a","playerId":"99"}'))
    slot.hear_page(from_page(2, '{"type":"playerDisconnected"}'))
    slot.hear_page(from_page(3, "no json"))
    slot.hear_page(from_page(4, '{"type":"answer","sdp":"b"}', join_number=2))
    assert recorder.to_streamer[1:] == [{"type": "answer", "sdp": "a", "playerId": "1"}]
    slot.close()


async def test_a_streamer_that_is_back_hears_of_the_present_player_and_the_page_hears_its_new_offer() -> None:
    slot, recorder = joined_slot()
    slot.hear_streamer({"type": "offer", "playerId": "1", "sdp": "first"})
    slot.hear_page(from_page(1, '{"type":"answer","sdp":"a"}'))
    slot.streamer_lost()
    assert recorder.losses == 1
    slot.application_ready()
    assert [m["type"] for m in recorder.to_streamer] == ["playerConnected", "answer", "playerConnected"]
    slot.hear_streamer({"type": "offer", "playerId": "1", "sdp": "second"})
    slot.hear_page(from_page(2, '{"type":"answer","sdp":"b"}'))
    offers = [frame for frame in recorder.to_relay if frame["kind"] == "frame"]
    assert [frame["sequence"] for frame in offers] == [1, 2], "one join, one numbering"
    assert recorder.to_streamer[-1]["sdp"] == "b"
    slot.close()


async def test_unreal_says_nothing_so_the_first_frame_and_the_socket_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_module, "SOCKET_GRACE_S", 0.05)
    slot, recorder = joined_slot()
    slot.hear_page(from_page(1, '{"type":"greenroomPlaying","firstFrame_ms":312}'))
    assert recorder.reports == ["ready", "connected"]
    slot.page_socket(is_open=False)
    slot.page_socket(is_open=True)
    await asyncio.sleep(0.08)
    assert recorder.reports == ["ready", "connected"], "a dropped socket alone ends nothing"
    slot.page_socket(is_open=False)
    await asyncio.sleep(0.08)
    assert recorder.reports[2:] == ["disconnected"]
    slot.page_socket(is_open=True)
    assert recorder.reports[3:] == ["connected"], "the page resumed; its media never stopped"
    slot.close()


async def test_a_streamer_that_tells_of_its_peers_knows_better_than_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_module, "SOCKET_GRACE_S", 0.02)
    slot, recorder = joined_slot()
    slot.hear_streamer({"type": "greenroomPeer", "playerId": "1", "state": "connected"})
    slot.page_socket(is_open=False)
    await asyncio.sleep(0.05)
    assert recorder.reports == ["ready", "connected"]
    slot.hear_streamer({"type": "greenroomPeer", "playerId": "1", "state": "disconnected"})
    assert recorder.reports == ["ready", "connected", "disconnected"]
    # Sent before the peer connection ended, relayed more slowly than its end was noticed: the viewer is gone.
    slot.hear_page(from_page(1, '{"type":"greenroomPlaying","firstFrame_ms":312}'))
    assert recorder.reports == ["ready", "connected", "disconnected"]
    slot.close()


async def test_a_streamer_without_media_leaves_it_to_the_pages_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_module, "SOCKET_GRACE_S", 0.02)
    slot, recorder = joined_slot()
    for answer in answers({"type": "playerConnected", "playerId": "1"}):
        slot.hear_streamer(answer)
    assert recorder.reports == ["ready", "connected"]
    slot.page_socket(is_open=False)
    await asyncio.sleep(0.05)
    assert recorder.reports[2:] == ["disconnected"]
    slot.page_socket(is_open=True)
    assert recorder.reports[3:] == ["connected"]
    slot.close()


async def lingering_slot(monkeypatch: pytest.MonkeyPatch, linger_s: float) -> tuple[Slot, Recorder]:
    monkeypatch.setattr(slot_module, "LINGER_S", linger_s)
    slot, recorder = joined_slot()
    slot.hear_streamer({"type": "greenroomPeer", "playerId": "1", "state": "connected"})
    slot.observe(SlotTruth("i-1.1", 1, SlotState.RETIRED))
    assert recorder.stops == 0
    assert all(message["type"] != "playerDisconnected" for message in recorder.to_streamer)
    return slot, recorder


async def test_the_picture_of_a_moved_viewer_is_left_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    slot, recorder = await lingering_slot(monkeypatch, 0.05)
    recorder.to_relay.clear()
    slot.hear_streamer({"type": "iceCandidate", "playerId": "1", "candidate": {"candidate": ""}})
    slot.hear_page(from_page(1, '{"type":"answer","sdp":"x"}'))
    assert recorder.to_relay == [], "the page speaks with another instance now"
    await asyncio.sleep(0.1)
    assert recorder.stops == 1
    assert recorder.to_streamer[-1] == {"type": "playerDisconnected", "playerId": "1"}
    assert recorder.reports == ["ready", "connected"]


@pytest.mark.parametrize(
    "goodbye",
    [
        {"type": "greenroomPeer", "playerId": "1", "state": "disconnected"},
        {"type": "disconnectPlayer", "playerId": "1"},
    ],
)
async def test_the_picture_ends_when_the_moved_viewer_has_gone(
    monkeypatch: pytest.MonkeyPatch, goodbye: dict[str, Any]
) -> None:
    slot, recorder = await lingering_slot(monkeypatch, 0.05)
    slot.hear_streamer(goodbye)
    assert recorder.stops == 1
    await asyncio.sleep(0.1)
    assert recorder.stops == 1, "once"


async def test_the_fence_ends_a_lingering_picture_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slot, recorder = await lingering_slot(monkeypatch, 15)
    slot.fence()
    assert recorder.stops == 1


def test_the_clock_of_a_signature_is_now() -> None:
    headers = asyncio.run(signer().headers("POST", "http://x/agent/heartbeat", b"{}"))
    assert headers["X-Amz-Date"].startswith(datetime.now(UTC).strftime("%Y%m%dT%H"))
