"""The page on its harness, in a real browser: what is held is let go."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.e2e.chromium import CHROMIUM, until_true
from tests.e2e.harness import PHONE, harness

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


async def until_held(streamer: Page, *held: str) -> None:
    """What the application believes to be held."""
    await until_true(streamer, f"[...window.held].sort().join() === '{','.join(sorted(held))}'", timeout_s=5)


async def test_whoever_leaves_the_picture_holds_nothing_there() -> None:
    async with harness() as house:
        streamer = await house.streamer()
        page = await house.play()
        await page.keyboard.down("w")
        await page.keyboard.down("Shift")
        await until_held(streamer, "key 16", "key 87")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.dataset.testid") == "leave"
        await until_held(streamer)
        await page.keyboard.up("Shift")
        await page.keyboard.up("w")

        await page.mouse.click(400, 300)
        keys = await streamer.evaluate("window.keys")
        await page.keyboard.press("a")
        await until_true(streamer, f"window.keys > {keys}", timeout_s=5)

        for away in (
            "window.dispatchEvent(new Event('blur'))",
            "document.dispatchEvent(new Event('visibilitychange'))",
            "document.querySelector('[data-testid=unmute]').focus()",
        ):
            await page.mouse.click(400, 300)
            await page.keyboard.down("Alt")
            await page.mouse.down()
            await until_held(streamer, "key 18", "mouse 0")
            await page.evaluate(away)
            await until_held(streamer)
            await page.keyboard.up("Alt")
            await page.mouse.up()


async def test_a_cancelled_touch_lifts_its_finger() -> None:
    async with harness() as house:
        streamer = await house.streamer()
        page = await house.play(PHONE, has_touch=True, is_mobile=True)
        screen = await page.context.new_cdp_session(page)
        for _ in range(12):  # more than a person's fingers: none is used up
            await screen.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 200, "y": 300}]})
            await until_held(streamer, "finger 0")
            await screen.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
            await until_held(streamer)
