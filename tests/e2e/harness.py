"""The page on its harness: a fake sign-in, API and socket in one node process, where anything can be made to happen."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession
from playwright.async_api import Browser, Page

from tests.e2e.chromium import browser, until_state, until_true

FRONTEND = Path(__file__).parents[2] / "frontend"
FIRST, SECOND = "i-0abc.1", "i-0def.1"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LOOPBACK = "--disable-features=WebRtcHideLocalIpsWithMdns"
"""Both ends are browsers here: without names for their addresses they find each other at once."""


@dataclass
class Harness:
    """One house of cards and a browser; its streamers are pages of that browser."""

    origin: str
    opened: Browser
    http: ClientSession
    errors: list[str] = field(default_factory=list)
    """What no page caught, rejected promises among it."""

    async def order(self, **what: Any) -> dict[str, Any]:
        """Change what happens next; answers what the house knows."""
        async with self.http.post(f"{self.origin}/harness", json=what) as answer:
            return dict(await answer.json())

    async def streamer(self, slot_id: str = FIRST) -> Page:
        """An instance that answers joins with a moving picture."""
        page = await self.opened.new_page()
        await page.goto(f"{self.origin}/streamer?slot={slot_id}")
        await until_true(page, "window.socket?.readyState === 1")
        return page

    async def arrive(self, viewport: dict[str, int] = DESKTOP, init_script: str = "", **options: Any) -> Page:
        """A fresh person's page, signed in."""
        context = await self.opened.new_context(viewport=viewport, **options)  # type: ignore[arg-type]
        if init_script:
            await context.add_init_script(init_script)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        await page.goto(self.origin)
        await page.get_by_test_id("sign-in").click()
        await page.locator("#go").click()
        return page

    async def play(self, viewport: dict[str, int] = DESKTOP, init_script: str = "", **options: Any) -> Page:
        """Arrive, press Play, and wait for the moving picture."""
        page = await self.arrive(viewport, init_script, **options)
        await page.get_by_test_id("play").click()
        await until_state(page, "playing", timeout_s=20)
        await until_true(page, "window.greenroom.frames > 5")
        return page


@asynccontextmanager
async def harness() -> AsyncIterator[Harness]:
    """On a free port, with an empty house; nobody may have let an error go by at the end."""
    port = _free_port()
    node = await asyncio.create_subprocess_exec(
        "node", "tests/harness/serve.mjs", cwd=FRONTEND, env=_environment(port), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with ClientSession() as http, browser(None, LOOPBACK) as opened:
            house = Harness(f"http://127.0.0.1:{port}", opened, http)
            await _until_up(house)
            yield house
            assert house.errors == []
    finally:
        node.terminate()
        await node.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(port: int) -> dict[str, str]:
    return {**os.environ, "PORT": str(port)}


async def _until_up(house: Harness) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                await house.order()
                return
            except ClientError:
                await asyncio.sleep(0.1)
