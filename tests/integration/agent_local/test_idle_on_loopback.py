"""A real agent and its demo streamer: input over the data channel keeps a viewer, none ends the session."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .agent_process import running_agent
from .browser import Browser
from .fake_control_plane import FakeControlPlane
from .test_agent_on_loopback import free_port

pytestmark = pytest.mark.slow


def test_a_viewer_who_plays_is_left_alone_and_one_who_does_nothing_is_warned_and_ended(tmp_path: Path) -> None:
    asyncio.run(idle_through(tmp_path))


async def idle_through(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port()), free_port()
    relay.idle_limits = {"idleWarn_s": 2, "idleEnd_s": 2}
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        await relay.claim("ses-idle")
        browser = Browser(relay)
        await relay.join()
        await browser.until_counter(0)
        await relay.until_event("connected", 1, 1)
        for _ in range(8):  # for longer than a warning and an end together, and only the streamer sees it
            await browser.press(65)
            await asyncio.sleep(0.6)
        assert warnings(browser) == []

        await until_warned(browser, [2])
        await browser.press(66)
        await until_warned(browser, [2, None])
        browser.say({"type": "greenroomActivity", "idle_s": 0})
        assert not [event for event in relay.events if event["event"] == "idle"]

        await until_warned(browser, [2, None, 2])
        told = await relay.until_event("idle", 1, 1)
        assert told["sessionId"] == "ses-idle"
        assert warnings(browser) == [2, None, 2]
        await relay.leave()
        await relay.until(lambda: relay.state == "Free", "free for the next one")
        await browser.close()


def warnings(browser: Browser) -> list[Any]:
    return [message["endsIn_s"] for message in browser.messages if message["type"] == "greenroomIdle"]


async def until_warned(browser: Browser, expected: list[Any]) -> None:
    async with asyncio.timeout(6):
        while warnings(browser) != expected:
            await asyncio.sleep(0.05)
