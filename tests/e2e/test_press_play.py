"""In a real browser: sign in, Play, a moving picture that answers, Leave, and nothing left for the next viewer."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from greenroom_lab.processes import processes_of
from playwright.async_api import Page

from tests.e2e.chromium import CHROMIUM, browser, frame_number, open_page, picture, play, shot, sign_in, until_state
from tests.integration.house import House, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")

POOL = "demo"


@pytest.fixture
async def page(house: House) -> AsyncIterator[Page]:
    """Signed in as a viewer of one's own, with a free slot to come."""
    await house.until_free(POOL, 1, 60)
    person = house.person("browser")
    async with browser() as opened:
        page = await open_page(opened, house.local)
        await shot(page, "1-sign-in")
        await sign_in(page, person.user, person.password)
        yield page


async def ended_as(house: House, session_id: str, timeout_s: float) -> str:
    """The session's statusReason once it has ended."""

    async def is_over() -> bool:
        return house.session_row(session_id)["state"] in ("Ended", "Failed")

    await until(is_over, timeout_s)
    return str(house.session_row(session_id)["statusReason"])


async def session_of(page: Page) -> str:
    return str(await page.evaluate("window.greenroom.sessionId"))


async def test_play_shows_a_moving_picture_that_answers_to_keys_and_mouse(house: House, page: Page) -> None:
    before = (await house.slots(POOL))["free"]
    await play(page)
    await shot(page, "3-playing")
    times = await page.evaluate("[window.greenroom.clickedAt, window.greenroom.firstFrameAt]")
    print(f"click to first frame in Chromium: {times[1] - times[0]:.0f} ms")
    first = await frame_number(page)
    await asyncio.sleep(1)
    second = await frame_number(page)
    assert first is not None
    assert second is not None
    assert second > first + 10

    quiet = await picture(page)
    await asyncio.sleep(1)
    for corner in (KEY_CORNER, MOUSE_CORNER):
        assert change(quiet, await picture(page), corner) < 60, "nothing changes there by itself"
    await page.keyboard.press("a")
    await until_changed(page, quiet, KEY_CORNER)
    box = await page.get_by_test_id("video-wrapper").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.5)
    await page.mouse.move(box["x"] + box["width"] * 0.15, box["y"] + box["height"] * 0.55, steps=5)
    await until_changed(page, quiet, MOUSE_CORNER)

    session_id = await session_of(page)
    await page.get_by_test_id("leave").click()
    await until_state(page, "ended")
    await shot(page, "4-ended")
    assert await ended_as(house, session_id, 10) == "userLeft"
    seconds = await house.until_free(POOL, before, 10)
    print(f"leave to all {before} slots free: {seconds:.1f} s")


Corner = tuple[tuple[float, float], tuple[float, float]]
KEY_CORNER: Corner = ((0.0, 0.1), (0.7, 1.0))
"""Where the demo writes the last key, as parts of height and width."""
MOUSE_CORNER: Corner = ((0.3, 0.8), (0.0, 0.25))
"""Where the ball never swings by itself."""


def change(before: np.ndarray, after: np.ndarray, corner: Corner) -> int:
    """The greatest difference in luma there."""
    rows, columns = (
        slice(int(first * size), int(last * size)) for (first, last), size in zip(corner, before.shape, strict=True)
    )
    return int(np.abs(after[rows, columns].astype(int) - before[rows, columns].astype(int)).max())


async def until_changed(page: Page, before: np.ndarray, corner: Corner) -> None:
    """Input reached the scene. Raises: TimeoutError."""
    async with asyncio.timeout(5):
        while change(before, await picture(page), corner) < 60:
            await asyncio.sleep(0.1)


async def test_a_second_viewer_sees_nothing_of_the_first(house: House, page: Page) -> None:
    await play(page)
    pristine = await picture(page)
    await page.keyboard.press("z")
    await until_changed(page, pristine, KEY_CORNER)
    slot_id = house.session_row(await session_of(page))["assignment"]["slotId"]
    await page.get_by_test_id("leave").click()
    await until_state(page, "ended")
    person = house.person("browser-two")
    async with browser() as opened:
        other = await open_page(opened, house.local)
        await sign_in(other, person.user, person.password)
        await until_on_slot(house, other, slot_id)
        assert change(pristine, await picture(other), KEY_CORNER) < 60, "the first viewer's key is still shown"
        await other.get_by_test_id("leave").click()
        await until_state(other, "ended")


async def until_on_slot(house: House, page: Page, slot_id: str) -> None:
    """Play, leave and play again until chance gives the slot of the first viewer."""
    for _ in range(12):
        await house.until_free(POOL, 2, 60)  # the slot in question is among them
        await play(page)
        if house.session_row(await session_of(page))["assignment"]["slotId"] == slot_id:
            return
        await page.get_by_test_id("leave").click()
        await until_state(page, "ended")
        await page.goto(house.local.web_url)
    raise AssertionError("never given the first viewer's slot")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Chromium puts a socket into its folder, whose path may have 108 characters: pytest's own folders are too deep."""
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.slow
async def test_a_closed_tab_and_a_killed_browser_end_as_reconnection_timeout(
    house: House, page: Page, short_folder: Path
) -> None:
    await play(page)
    closed = await session_of(page)
    await page.close()
    await house.until_free(POOL, 1, 60)
    person = house.person("browser-killed")
    async with browser(short_folder) as doomed:
        other = await open_page(doomed, house.local)
        await sign_in(other, person.user, person.password)
        await play(other)
        killed = await session_of(other)
        for pid in processes_of(short_folder):
            os.kill(pid, signal.SIGKILL)
    reasons = await asyncio.gather(ended_as(house, closed, 120), ended_as(house, killed, 120))
    assert reasons == ["reconnectionTimeout", "reconnectionTimeout"]


async def test_a_reload_goes_on_with_the_same_session(house: House, page: Page) -> None:
    await play(page)
    session_id = await session_of(page)
    await page.reload()
    await until_state(page, "playing")
    assert await session_of(page) == session_id
    await page.get_by_test_id("leave").click()
    assert await ended_as(house, session_id, 10) == "userLeft"


async def test_without_a_free_slot_the_page_says_so_and_then_plays(house: House, page: Page) -> None:
    await house.pool(POOL, 0, 0, 0)
    try:

        async def is_empty() -> bool:
            return (await house.slots(POOL)).get("free", 0) == 0

        await until(is_empty, 60)
        await page.get_by_test_id("play").click()
        await until_state(page, "waiting")
        await shot(page, "2-waiting")
        assert await page.get_by_test_id("waiting-reason").inner_text()
    finally:
        await house.pool(POOL, 1, 1, 4)
    await until_state(page, "playing", timeout_s=90)
    await page.get_by_test_id("leave").click()
    await until_state(page, "ended")
