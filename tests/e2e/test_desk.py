"""The operators' page at `/desk`, in a real browser: signed in by way of the viewer's page, and apart from it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from tests.e2e.chromium import CHROMIUM, browser, open_page, shot, sign_in, until_state, until_true
from tests.e2e.harness import DESKTOP, PHONE, Harness, harness
from tests.integration.house import House

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")

DRAWING_ROOM = {"width": 1440, "height": 900}


async def until_at(page: Page, path: str) -> None:
    await until_true(page, f"location.pathname === '{path}' && location.search === ''", timeout_s=15)


async def stranger(house: Harness, viewport: dict[str, int] = DESKTOP) -> Page:
    """Somebody who opens the desk, signed in nowhere."""
    context = await house.opened.new_context(viewport=viewport)  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: house.errors.append(str(error)))
    await page.goto(f"{house.origin}/desk")
    return page


@pytest.mark.parametrize("viewport", [DRAWING_ROOM, PHONE])
async def test_a_viewer_who_opens_the_desk_is_told_whose_it_is_and_led_back(viewport: dict[str, int]) -> None:
    async with harness() as house:
        page = await stranger(house, viewport)
        await shot(page, f"desk-signed-out-{viewport['width']}")
        await page.get_by_test_id("sign-in").click()
        await page.locator("#go").click()
        await page.get_by_role("heading", name="This page is for operators").wait_for()
        said = await page.get_by_test_id("closed-text").inner_text()
        assert "ada@example.com" in said
        assert "is not allowed to use the desk" in said
        await shot(page, f"desk-not-operator-{viewport['width']}")
        assert not [call for call in (await house.order())["calls"] if "/pools" in call], "nothing is asked for"

        await page.get_by_test_id("leave-desk").click()
        await until_state(page, "ready")
        await until_at(page, "/")
        assert not await page.get_by_test_id("show-desk").is_visible()


@pytest.mark.parametrize("viewport", [DRAWING_ROOM, PHONE])
async def test_an_operator_signs_in_at_the_desk_and_comes_back_to_it(viewport: dict[str, int]) -> None:
    async with harness() as house:
        await house.order(operator=True, fleet={"moment": "interruption"})
        page = await stranger(house, viewport)
        await page.get_by_test_id("sign-in").click()
        await page.locator("#go").click()
        await page.get_by_test_id("instance").first.wait_for()
        await until_at(page, "/desk")
        await shot(page, f"desk-{viewport['width']}")
        assert not await page.evaluate("'greenroom' in window"), "the player is not here"
        calls = (await house.order())["calls"]
        assert not [call for call in calls if "/sessions" in call], "the viewer's page began nothing on the way"

        await page.reload()  # the code is not presented again
        await page.get_by_test_id("instance").first.wait_for()


async def test_one_sign_in_serves_both_pages_and_a_session_is_found_again() -> None:
    async with harness() as house:
        await house.order(operator=True, scenario="queued")
        page = await house.arrive(DRAWING_ROOM)
        await until_state(page, "ready")
        await shot(page, "viewer-of-an-operator-1440")
        await page.get_by_test_id("play").click()
        await until_state(page, "waiting")
        assert not await page.get_by_test_id("show-desk").is_visible(), "no way out of one's place in line"
        session_id = await page.evaluate("window.greenroom.sessionId")

        await page.goto(f"{house.origin}/desk")
        await page.get_by_test_id("instance").first.wait_for()
        await page.get_by_test_id("leave-desk").click()
        await until_state(page, "waiting")
        assert await page.evaluate("window.greenroom.sessionId") == session_id

        await page.get_by_test_id("cancel").click()
        await until_state(page, "ended")
        await page.get_by_test_id("home").click()
        await page.get_by_test_id("show-desk").click()
        await page.get_by_test_id("instance").first.wait_for()
        await page.get_by_test_id("sign-out").click()
        await until_state(page, "signedOut")
        await page.goto(f"{house.origin}/desk")
        await page.get_by_test_id("sign-in").wait_for()


async def test_a_sign_in_that_has_run_out_can_be_renewed_at_the_desk() -> None:
    async with harness() as house:
        await house.order(operator=True)
        page = await stranger(house)
        await page.get_by_test_id("sign-in").click()
        await page.locator("#go").click()
        await page.get_by_test_id("instance").first.wait_for()
        again = page.get_by_test_id("sign-in-again")
        assert not await again.is_visible()
        await page.route("**/api/pools", lambda route: route.fulfill(status=401, body="{}"))
        await page.get_by_test_id("desk-problem").filter(has_text="expired").wait_for()
        await page.unroute("**/api/pools")
        await again.click()
        await page.locator("#go").click()
        await page.get_by_test_id("instance").first.wait_for()
        await until_at(page, "/desk")


async def test_on_the_platform_the_desk_is_guarded_as_the_viewers_page_and_shows_the_pools(house: House) -> None:
    async with browser() as opened:
        page = await open_page(opened, house.local)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        guards = {}
        for path in ("/", "/desk"):
            answer = await page.goto(f"{house.local.web_url}{path}")
            assert answer is not None
            guards[path] = answer.headers.get("content-security-policy")
        assert guards["/"] is not None
        assert guards["/desk"] == guards["/"]

        await sign_in(page, house.local.operator_user, house.local.operator_password, arrived="desk")
        await page.locator("[data-testid=pool][data-pool=demo]").wait_for()
        assert urlsplit(page.url).path == "/desk"
        await shot(page, "desk-on-the-platform")
        assert complaints == []
