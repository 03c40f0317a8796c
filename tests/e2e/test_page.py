"""The page on its harness, in a real browser: held keys are let go, no error goes by, refusals are told as they are."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page

from tests.e2e.chromium import CHROMIUM, shot, until_state, until_true
from tests.e2e.harness import DESKTOP, PHONE, harness

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")


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


async def test_clicks_on_the_picture_and_leaving_let_no_error_go_by() -> None:
    async with harness() as house:
        await house.streamer()
        page = await house.play()
        await page.get_by_test_id("unmute").click()
        await page.mouse.click(400, 400)
        await page.get_by_test_id("leave").click()
        await until_state(page, "ended")
        await asyncio.sleep(0.5)


@pytest.mark.parametrize(
    ("groups", "title", "says"),
    [
        (["viewers"], "Your account has no access yet", "does not belong to an organisation"),
        (["viewers", "tenant-acme", "tenant-demo"], "Your account is in several organisations", "acme, tenant-demo"),
    ],
)
async def test_a_person_who_is_in_no_tenant_or_in_two_is_told_so(groups: list[str], title: str, says: str) -> None:
    async with harness() as house:
        await house.order(groups=groups)
        page = await house.arrive()
        await page.get_by_role("heading", name=title).wait_for()
        assert says in await page.get_by_test_id("error-text").inner_text()
        assert "expired" not in await page.locator("body").inner_text()
        await shot(page, f"no-tenant-{len(groups)}")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await shot(page, f"no-tenant-{len(groups)}-phone")
        await page.get_by_test_id("check-again").click()
        await page.get_by_role("heading", name=title).wait_for()
        await house.order(groups=["viewers", "tenant-demo"])
        await page.get_by_test_id("check-again").click()
        await until_state(page, "ready")
        await page.get_by_test_id("play").wait_for()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
async def test_used_up_minutes_are_told_as_that_with_when_they_come_back(viewport: dict[str, int]) -> None:
    async with harness() as house:
        await house.streamer()
        page = await house.play(viewport, locale="en-GB", timezone_id="Europe/Berlin")
        await house.order(end="quotaExceeded")
        await until_state(page, "ended")
        assert await page.locator("h1").inner_text() == "Today’s playing time is used up"
        back = await page.get_by_test_id("back-at").inner_text()
        assert back.startswith("You can play again t")
        assert "(Europe/Berlin)" in back
        await shot(page, f"minutes-used-up-{viewport['width']}")
        await house.order(scenario="quota", quota="gpuMinutesPerDay")
        await page.get_by_test_id("play-again").click()
        await page.get_by_test_id("turned-away").wait_for()
        assert await page.locator("h1").inner_text() == "Today’s playing time is used up"
        assert await page.get_by_test_id("countdown").inner_text()
        await shot(page, f"minutes-refused-{viewport['width']}")
