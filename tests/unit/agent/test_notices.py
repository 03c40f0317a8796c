"""What EC2 announces reaches the control plane at once, stays in every heartbeat, and no fault of IMDS ends it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from greenroom_agent.control_plane.api_messages import HeartbeatAnswer
from greenroom_agent.control_plane.control_plane import SlotReading, Unavailable
from greenroom_agent.control_plane.heartbeat import Heartbeat
from greenroom_agent.control_plane.lease import Lease
from greenroom_agent.instance.instance_metadata import METADATA_FAULTS, InstanceMetadata
from greenroom_agent.instance.notice import Ec2Notice, Ec2NoticeKind, watch_notices

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
INTERRUPTION = Ec2Notice(Ec2NoticeKind.INTERRUPTION, AT)
REBALANCE = Ec2Notice(Ec2NoticeKind.REBALANCE, AT)
ACTION = '{"action": "terminate", "time": "2026-01-31T12:00:00Z"}'
RECOMMENDATION = '{"noticeTime": "2026-01-31T12:00:00Z"}'


async def told_of(seen: list[Ec2Notice | Exception | None]) -> list[Ec2Notice]:
    """What is told when IMDS answers so, one answer a poll, and the last one for ever."""
    told: list[Ec2Notice] = []

    async def read() -> Ec2Notice | None:
        answer = seen.pop(0) if len(seen) > 1 else seen[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    watching = asyncio.create_task(watch_notices(read, METADATA_FAULTS, told.append, pause_s=0))
    for _ in range(30):
        await asyncio.sleep(0)
    assert not watching.done()
    watching.cancel()
    return told


@pytest.mark.parametrize(
    ("seen", "told", "desc"),
    [
        ([None, INTERRUPTION], [INTERRUPTION], "told once, however often it is seen"),
        ([REBALANCE, INTERRUPTION], [REBALANCE, INTERRUPTION], "the interruption outranks the recommendation"),
        ([INTERRUPTION, REBALANCE], [INTERRUPTION], "which does not outrank it"),
        ([INTERRUPTION, None, INTERRUPTION], [INTERRUPTION], "nor does silence take it back"),
        ([aiohttp.ServerDisconnectedError(), TimeoutError(), REBALANCE], [REBALANCE], "asked again after faults"),
        ([ValueError("a token with a line break"), INTERRUPTION], [INTERRUPTION], "whatever they are"),
        ([OSError("no route")], [], "for ever if need be"),
    ],
)
async def test_a_notice_is_told_once_and_no_fault_ends_the_watch(
    seen: list[Ec2Notice | Exception | None], told: list[Ec2Notice], desc: str
) -> None:
    assert await told_of(seen) == told, desc


async def notice_of(documents: dict[str, web.Response]) -> Ec2Notice | None:
    """What the agent reads from a metadata service with these documents."""

    async def serve(request: web.Request) -> web.Response:
        if request.method == "PUT":
            return web.Response(text="token")
        return documents.get(request.match_info["name"], web.Response(status=404))

    app = web.Application()
    app.add_routes([web.put("/latest/api/token", serve), web.get("/latest/meta-data/{name:.*}", serve)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as http:
        try:
            return await InstanceMetadata(http, f"http://127.0.0.1:{runner.addresses[0][1]}", lambda: 0.0).notice()
        finally:
            await runner.cleanup()


SPOT, ADVICE = "spot/instance-action", "events/recommendations/rebalance"


@pytest.mark.parametrize(
    ("documents", "notice", "desc"),
    [
        ({}, None, "404 to both"),
        ({SPOT: ACTION}, INTERRUPTION, "the interruption"),
        ({SPOT: ACTION, ADVICE: RECOMMENDATION}, INTERRUPTION, "before the recommendation"),
        ({ADVICE: RECOMMENDATION}, REBALANCE, "the recommendation"),
        ({SPOT: "<html>", ADVICE: RECOMMENDATION}, REBALANCE, "what is no document says nothing"),
        ({SPOT: "[]", ADVICE: "{}"}, None, "nor what is another one"),
    ],
)
async def test_metadata_documents(documents: dict[str, str], notice: Ec2Notice | None, desc: str) -> None:
    assert await notice_of({name: web.Response(text=text) for name, text in documents.items()}) == notice, desc


async def test_an_interruption_without_a_time_is_still_one() -> None:
    notice = await notice_of({SPOT: web.Response(text='{"action": "stop", "time": "soon"}')})
    assert notice is not None
    assert notice.kind is Ec2NoticeKind.INTERRUPTION
    assert abs(notice.at - datetime.now(UTC) - timedelta(minutes=2)) < timedelta(seconds=30)


async def test_a_metadata_service_that_fails_raises_what_the_watch_survives() -> None:
    with pytest.raises(METADATA_FAULTS):
        await notice_of({SPOT: web.Response(status=500)})
    with pytest.raises(METADATA_FAULTS):
        await notice_of({SPOT: web.Response(body=b"\xff\xfe", content_type="text/plain", charset="utf-8")})


class Listener:
    """The control plane as the heartbeat sees it."""

    def __init__(self) -> None:
        self.notices: list[Ec2Notice | None] = []
        self.failures: list[Exception] = []
        self.heard = asyncio.Event()

    async def heartbeat(self, slots: Sequence[SlotReading], notice: Ec2Notice | None) -> HeartbeatAnswer:
        self.notices.append(notice)
        self.heard.set()
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        return HeartbeatAnswer(45, "Ready", ())

    async def hear(self, count: int) -> None:
        async with asyncio.timeout(2):
            while len(self.notices) < count:
                self.heard.clear()
                await self.heard.wait()


def beating(api: Listener, period_s: float) -> tuple[Heartbeat, asyncio.Task[Any]]:
    heartbeat = Heartbeat(api, Lease(45, 0), period_s, list, lambda: 0.0, lambda: 0.0)
    return heartbeat, asyncio.create_task(heartbeat.run(lambda answer: None))


async def test_a_notice_is_in_a_heartbeat_at_once_and_in_every_later_one() -> None:
    api = Listener()
    heartbeat, task = beating(api, 3600)
    await api.hear(1)
    heartbeat.notify(REBALANCE)
    await api.hear(2)
    heartbeat.notify(INTERRUPTION)
    await api.hear(3)
    assert api.notices == [None, REBALANCE, INTERRUPTION]
    assert await heartbeat.beat() is not None
    assert api.notices[3:] == [INTERRUPTION]
    task.cancel()


async def test_a_notice_that_comes_during_a_heartbeat_is_not_forgotten() -> None:
    api = Listener()
    heartbeat, task = beating(api, 3600)
    while not api.notices:
        await asyncio.sleep(0)
    heartbeat.notify(INTERRUPTION)  # the first beat is on its way without it
    await api.hear(2)
    assert api.notices == [None, INTERRUPTION]
    task.cancel()


async def test_a_notice_whose_heartbeat_failed_is_said_again_soon() -> None:
    api = Listener()
    api.failures = [Unavailable("HTTP 503")]
    heartbeat, task = beating(api, 0.02)
    heartbeat.notify(INTERRUPTION)
    await api.hear(2)
    assert api.notices[:2] == [INTERRUPTION, INTERRUPTION]
    task.cancel()
