"""Who stays and who does not: idling, a network gone for 20 s, two tabs, a socket that drops, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from greenroom_lab.platform import seed
from playwright.async_api import CDPSession, Page, Route

from tests.e2e.chromium import (
    CHROMIUM,
    KEEP_WIRES,
    browser,
    frame_number,
    open_page,
    play,
    shot,
    sign_in,
    until_state,
    until_true,
)
from tests.integration.house import House

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")]

POOL = "demo"


@asynccontextmanager
async def playing(house: House, name: str, socket_lifetime_s: int = 6900, **limits: int) -> AsyncIterator[Page]:
    """A viewer of one's own who plays the demo under these limits; the usual ones come back at once."""
    usual = {**seed.DEMO_APPLICATION["limits"], "reconnectWindow_s": 15}
    await house.until_free(POOL, 1, 60)
    person = house.person(name)
    async with browser() as opened:
        page = await open_page(opened, house.local)
        await page.add_init_script(KEEP_WIRES)
        await page.route("**/config.json", lambda route: with_lifetime(route, socket_lifetime_s))
        await sign_in(page, person.user, person.password)
        await limit(house, {**usual, **limits})
        try:
            await play(page)
        finally:
            await limit(house, usual)
        yield page
        if await page.evaluate("window.greenroom.state") == "playing":
            await page.get_by_test_id("leave").click()
            await until_state(page, "ended")


async def with_lifetime(route: Route, socket_lifetime_s: int) -> None:
    answer = await route.fetch()
    await route.fulfill(response=answer, json={**await answer.json(), "socketLifetime_s": socket_lifetime_s})


async def limit(house: House, limits: dict[str, int]) -> None:
    answer = await house.operator("PUT", f"/applications/{POOL}", {**seed.DEMO_APPLICATION, "limits": limits})
    assert answer.status == 200, answer


async def ask(page: Page, what: str) -> Any:
    return await page.evaluate(f"window.greenroom.{what}")


async def test_who_moves_the_mouse_is_left_alone_and_who_does_nothing_is_warned_and_ended(house: House) -> None:
    async with playing(house, "browser-idle", idleWarn_s=5, idleEnd_s=5) as page:
        for step in range(14):
            await page.mouse.move(200 + 20 * step, 200)
            await asyncio.sleep(1)
            assert [await ask(page, "state"), await ask(page, "idleEndsAt")] == ["playing", None]
        await until_true(page, "window.greenroom.idleEndsAt !== null", timeout_s=10)
        await shot(page, "30-idle")
        await page.get_by_test_id("idle-stay").click()
        await until_true(page, "window.greenroom.idleEndsAt === null", timeout_s=3)
        await asyncio.sleep(2)
        assert await ask(page, "state") == "playing"
        await until_state(page, "ended", timeout_s=30)
        assert await ask(page, "statusReason") == "idleTimeout"
        assert house.session_row(await ask(page, "sessionId"))["statusReason"] == "idleTimeout"
        await shot(page, "31-ended-idle")
    await house.until_free(POOL, 1, 30)


async def test_a_network_that_is_gone_for_20_s_costs_neither_slot_nor_scene(house: House) -> None:
    async with playing(house, "browser-cut", reconnectWindow_s=60) as page:
        before = [await ask(page, "sessionId"), await ask(page, "slotId")]
        while (counter := await frame_number(page) or 0) < 100:  # beyond what a fresh process shows at first
            await asyncio.sleep(0.5)
        network = await page.context.new_cdp_session(page)
        await network.send("Network.enable")
        await cut(network, page, is_cut=True)
        await until_state(page, "reconnecting", timeout_s=20)
        await asyncio.sleep(20)
        await cut(network, page, is_cut=False)
        await until_state(page, "playing", timeout_s=30)
        assert [await ask(page, "sessionId"), await ask(page, "slotId")] == before
        after = await frame_number(page)
        assert after is not None
        assert after > counter, "the same scene goes on: a fresh one would count from the start"


async def cut(network: CDPSession, page: Page, *, is_cut: bool) -> None:
    """No HTTP, no socket, no media: a peer connection cannot be made to lose packets on command, so it is closed."""
    conditions = {"offline": is_cut, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await network.send("Network.emulateNetworkConditions", conditions)
    if is_cut:
        await page.evaluate("[...window.sockets, ...window.peers].forEach((wire) => wire.close())")


async def test_the_newest_tab_plays_and_the_older_one_is_told(house: House) -> None:
    async with playing(house, "browser-tabs") as older:
        session_id = await ask(older, "sessionId")
        newer = await older.context.new_page()
        await newer.goto(house.local.web_url)
        person = house.person("browser-tabs")
        await sign_in(newer, person.user, person.password)
        await newer.get_by_test_id("continue-here").click()
        await until_state(newer, "playing")
        await until_state(older, "superseded")
        await asyncio.sleep(3)
        assert [await ask(newer, "state"), await ask(newer, "sessionId")] == ["playing", session_id]
        assert await ask(older, "state") == "superseded"
        await newer.get_by_test_id("leave").click()
        await until_state(newer, "ended")


async def test_a_socket_that_drops_takes_no_frame_away(house: House) -> None:
    async with playing(house, "browser-socket") as page:
        slot_id = await ask(page, "slotId")
        for _ in range(3):
            await page.evaluate("window.sockets.at(-1).close()")
            for _ in range(4):
                frames = await ask(page, "frames")
                await asyncio.sleep(0.5)
                assert await ask(page, "frames") > frames + 3
        await until_true(page, "window.sockets.at(-1).readyState === 1", timeout_s=10)
        joins = await page.evaluate("window.greenroom.events.filter((event) => event.name === 'joined').length")
        assert [await ask(page, "state"), await ask(page, "slotId"), joins] == ["playing", slot_id, 1]


async def test_a_socket_that_grows_old_is_renewed_without_a_blink(house: House) -> None:
    """Here after 5 s; on AWS before API Gateway's 2 hours."""
    async with playing(house, "browser-old", socket_lifetime_s=5) as page:
        slot_id, began = await ask(page, "slotId"), await page.evaluate("window.sockets.length")
        for _ in range(24):
            frames = await ask(page, "frames")
            await asyncio.sleep(0.5)
            assert await ask(page, "frames") > frames + 3
            assert await ask(page, "state") == "playing"
        await until_true(page, f"window.sockets.length >= {began + 2}", timeout_s=15)
        open_now = await page.evaluate("window.sockets.filter((socket) => socket.readyState === 1).length")
        joins = await page.evaluate("window.greenroom.events.filter((event) => event.name === 'joined').length")
        assert [open_now, await ask(page, "slotId"), joins] == [1, slot_id, 1]
