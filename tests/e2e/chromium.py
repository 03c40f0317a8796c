"""Debian's Chromium through playwright, and what a person would do and see in it."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from greenroom_agent.demo.frame_counter import read_frame_counter
from greenroom_cli.toolchain.paths import GENERATED
from greenroom_lab.local_file import LocalPlatform
from playwright.async_api import Browser, Page, Route, async_playwright

CHROMIUM = shutil.which("chromium")
SHOTS = GENERATED / "shots"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
    # Two tabs in one test must both keep their timers.
    *("--disable-background-timer-throttling", "--disable-renderer-backgrounding"),
]

KEEP_WIRES = """
window.sockets = [];
window.peers = [];
window.WebSocket = class extends WebSocket {
  constructor(...address) { super(...address); window.sockets.push(this); }
};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...options) { super(...options); window.peers.push(this); }
};
"""
"""For `add_init_script`: the page's sockets and peer connections, oldest first."""


@asynccontextmanager
async def browser(folder: Path | None = None, *flags: str) -> AsyncIterator[Browser]:
    """With `folder` as its temporary folder, by which its processes can be found (to kill them); with more flags."""
    environment = {**os.environ, **({"TMPDIR": str(folder)} if folder else {})}
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            headless=True,
            args=[*FLAGS, *flags],
            env={key: str(it) for key, it in environment.items()},
        )
        try:
            yield opened
        finally:
            if opened.is_connected():
                await opened.close()


async def open_page(opened: Browser, local: LocalPlatform, application_id: str = "demo") -> Page:
    """A fresh person's page: nothing of another context. It plays this application."""
    context = await opened.new_context(viewport={"width": 1280, "height": 800})

    async def answer(route: Route) -> None:
        served = await route.fetch()
        await route.fulfill(response=served, json={**await served.json(), "applicationId": application_id})

    await context.route("**/config.json", answer)
    page = await context.new_page()
    page.set_default_timeout(30_000)
    await page.goto(local.web_url)
    return page


async def sign_in(page: Page, user: str, password: str, arrived: str = "play") -> None:
    """Back on the page that asked, which shows `arrived` then."""
    await page.get_by_test_id("sign-in").click()
    await page.locator("#username, input[name=username]").first.fill(user)
    await page.locator("#password, input[name=password]").first.fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_test_id(arrived).wait_for()


async def play(page: Page) -> None:
    """Press Play and wait for the moving picture."""
    await page.get_by_test_id("play").click()
    await until_state(page, "playing")
    await until_true(page, "window.greenroom.frames > 5")


async def until_state(page: Page, *states: str, timeout_s: float = 60) -> None:
    await until_true(page, f"{list(states)}.includes(window.greenroom?.state)", timeout_s)


async def until_true(page: Page, expression: str, timeout_s: float = 60) -> None:
    """Asked again and again from outside: the page's content security policy forbids it to evaluate texts itself."""
    try:
        async with asyncio.timeout(timeout_s):
            while not await page.evaluate(expression):
                await asyncio.sleep(0.05)
    except TimeoutError:
        seen = await page.evaluate("JSON.stringify(window.greenroom ?? null)")
        raise AssertionError(f"not within {timeout_s} s: {expression}; the page says {seen}") from None


async def shot(page: Page, name: str) -> Path:
    """A screenshot for a person to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    await page.screenshot(path=path, animations="disabled")
    return path


async def picture(page: Page) -> Any:
    """The luma of the frame that the video shows now, in the stream's own size."""
    data = await page.evaluate(
        """() => {
            const video = document.querySelector('#player video');
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
            canvas.getContext('2d').drawImage(video, 0, 0);
            return canvas.toDataURL('image/png').split(',')[1];
        }"""
    )
    with av.open(io.BytesIO(base64.b64decode(data)), format="png_pipe") as container:
        frame = next(container.decode(video=0))
        return frame.to_ndarray(format="gray")


async def frame_number(page: Page) -> int | None:
    """What the bar code in the picture says."""
    return read_frame_counter(np.ascontiguousarray(await picture(page)))
