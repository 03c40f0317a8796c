"""Two slots of one real agent: whatever happens in one, the other's viewer plays on."""

import asyncio
import json
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .agent_process import application_pids, running_agent
from .browser import Browser
from .fake_control_plane import FakeControlPlane, FakeSlot
from .test_agent_on_loopback import free_port, until

pytestmark = pytest.mark.slow

SAID_BY_A_PAGE = [
    "[" * 20_000,
    '{"a":' * 5_000,
    '{"type":"answer","sdp":' + '{"a":' * 900 + "1" + "}" * 901,
    '{"type":"answer","sdp":"\\ud800"}',
    '{"type":"iceCandidate","candidate":{"candidate":"\\udfff"}}',
    '{"type":"greenroomActivity","idle_s":NaN}',
    '{"type":"greenroomActivity","idle_s":' + "9" * 5_000 + "}",
    '{"type":{"type":"answer"}}',
]
ON_THE_SOCKET = [
    "[" * 20_000,
    '{"kind":"frame","data":' + '{"a":' * 5_000,
    '{"kind":"frame","sequence":' + "9" * 5_000 + "}",
    '{"kind":"welcome","slots":[7,[],{"slotId":[],"epoch":{}}]}',
    '{"kind":"join"}',
    '{"kind":["frame"]}',
]


@dataclass
class Stage:
    agent: Process
    relay: FakeControlPlane
    ports: list[int]
    hostile: Browser
    peaceful: Browser


@asynccontextmanager
async def two_viewers(folder: Path) -> AsyncIterator[Stage]:
    """Both play: one in each slot."""
    relay = FakeControlPlane(free_port(), slot_count=2, command=["python", "-m", "greenroom_agent.demo", "--fps", "10"])
    port = free_port_pair()
    async with running_agent(relay, folder, port) as agent:
        browsers = []
        for slot in relay.slots:
            await relay.until(lambda slot=slot: slot.state == "Free", "free")  # type: ignore[misc]
            browsers.append(await watch(relay, slot))
        yield Stage(agent, relay, [port, port + 1], *browsers)
        for browser in browsers:
            await browser.close()


async def watch(relay: FakeControlPlane, slot: FakeSlot) -> Browser:
    await relay.claim(f"ses-{slot.number}-{slot.epoch}", slot)
    browser = Browser(relay, slot)
    await relay.join(slot)
    await browser.until_counter(0)
    return browser


def free_port_pair() -> int:
    while True:
        port = free_port()
        if port < 65_000:
            return port


async def assert_plays_on(stage: Stage, pids: list[int]) -> None:
    assert stage.agent.returncode is None, "the agent lives"
    await stage.peaceful.until_counter(stage.peaceful.counters[-1] + 5)
    assert application_pids(stage.ports[1]) == pids
    assert [e for e in stage.relay.events if e["slotId"].endswith(".2")][-1]["event"] == "connected"


def test_nothing_that_one_page_says_reaches_the_neighbour(tmp_path: Path) -> None:
    asyncio.run(say_everything(tmp_path))


async def say_everything(folder: Path) -> None:
    async with two_viewers(folder) as stage:
        pids = application_pids(stage.ports[1])
        for text in SAID_BY_A_PAGE:
            stage.hostile.say_text(text)
            await until(lambda: stage.hostile.has_been_acknowledged, f"{text[:20]} was heard", 3)
            await assert_plays_on(stage, pids)
        for text in ON_THE_SOCKET:
            await stage.relay.text_to_agent(text)
            await assert_plays_on(stage, pids)
        await stage.hostile.until_counter(stage.hostile.counters[-1] + 5)
        assert len(json.dumps(stage.relay.heartbeats[-1])) < 2_000


def test_a_slot_that_cannot_be_cleared_is_not_free_and_its_neighbour_plays_on(tmp_path: Path) -> None:
    asyncio.run(fill_the_disk_of_one(tmp_path))


async def fill_the_disk_of_one(folder: Path) -> None:
    async with two_viewers(folder) as stage:
        pids = application_pids(stage.ports[1])
        # Nothing can be made below a file, whoever asks: as on a full disk.
        work_dir = folder / "work" / "slot-1"
        [first] = application_pids(stage.ports[0])
        work_dir.rename(folder / "work" / "elsewhere")
        work_dir.write_text("not a folder")
        await stage.hostile.close()
        await stage.relay.leave(stage.relay.slots[0])
        await until(lambda: first not in application_pids(stage.ports[0]), "the viewer's process was ended")
        await asyncio.sleep(1.5)
        await assert_plays_on(stage, pids)
        assert stage.relay.slots[0].state == "Resetting", "a slot that holds another viewer's files is not offered"
        work_dir.unlink()
        await stage.relay.until(lambda: stage.relay.slots[0].state == "Free", "free once it could be cleared", 20)
        await (await watch(stage.relay, stage.relay.slots[0])).close()


def test_an_endpoint_that_is_taken_costs_only_its_own_slot(tmp_path: Path) -> None:
    asyncio.run(take_one_endpoint(tmp_path))


async def take_one_endpoint(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port(), "null", slot_count=2), free_port_pair()
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", port)
    async with running_agent(relay, folder, port) as agent:
        await relay.until(lambda: relay.slots[1].state == "Free", "the neighbour is free")
        await asyncio.sleep(1)
        assert agent.returncode is None
        assert relay.slots[0].state == "Resetting"
        server.close()
        await server.wait_closed()
        await relay.until(lambda: relay.slots[0].state == "Free", "free once the port was", 20)


def test_an_application_that_is_killed_leaves_the_neighbour_alone(tmp_path: Path) -> None:
    asyncio.run(kill_one(tmp_path))


async def kill_one(folder: Path) -> None:
    async with two_viewers(folder) as stage:
        pids = application_pids(stage.ports[1])
        os.kill(application_pids(stage.ports[0])[0], signal.SIGKILL)
        await stage.relay.until(lambda: any(e["event"] == "exited" for e in stage.relay.events), "exited")
        await assert_plays_on(stage, pids)
