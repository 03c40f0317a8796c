"""The waiting room on the whole platform, in a real browser: who waits, who is turned away, and the picture that comes.

The page plays an application of its own, so that what other tests leave behind changes no forecast here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from greenroom.aws.session.session_rows import line_key
from greenroom_viewer.viewer import Viewer
from playwright.async_api import Browser, Page

from tests.e2e.chromium import CHROMIUM, browser, frame_number, open_page, shot, sign_in, until_state, until_true
from tests.integration.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")]

ROOM = "waiting-room"
PHONE = {"width": 390, "height": 844}
LONGEST_S = 30
"""A fresh pool takes half of it for a session's usual length: a forecast short enough to see it run down."""
UNITS_S = {"second": 1, "minute": 60, "hour": 3600}


@pytest.fixture(scope="module")
def room(house: House) -> Iterator[House]:
    """One machine with one place, and never another."""
    with house.standing(ROOM, kind="demo", pool=(1, 0, 1), maximumSession_s=LONGEST_S):
        yield house


@asynccontextmanager
async def taken(house: House) -> AsyncIterator[Viewer]:
    """The only place is somebody else's."""
    await house.until_free(ROOM, 1, 60)
    async with house.viewer("room-holder") as holder:
        answer = await holder.request(ROOM)
        assert answer.status == 201, answer
        yield holder


async def arrive(house: House, opened: Browser, name: str) -> Page:
    """Somebody who is signed in and has not pressed Play."""
    person = house.person(name)
    page = await open_page(opened, house.local, ROOM)
    await sign_in(page, person.user, person.password)
    return page


async def join_line(page: Page) -> None:
    await page.get_by_test_id("play").click()
    await until_state(page, "waiting")


async def until_says(page: Page, test_id: str, words: str, timeout_s: float = 30) -> None:
    """Raises: TimeoutError."""

    async def says() -> bool:
        return await text(page, test_id) == words

    await until(says, timeout_s)


async def text(page: Page, test_id: str) -> str:
    return str(await page.get_by_test_id(test_id).inner_text())


async def session_of(page: Page) -> str:
    return str(await page.evaluate("window.greenroom.sessionId"))


async def fits(page: Page) -> bool:
    """Nothing is wider than the screen."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def longest_s(told: str) -> float:
    """`about 45 seconds to 1½ minutes` -> 90; `any moment now` -> 0."""
    found = re.search(r"(\d+)(½?) (second|minute|hour)s?$", told)
    return 0 if found is None else (int(found[1]) + (0.5 if found[2] else 0)) * UNITS_S[found[3]]


async def opened_curtain(page: Page) -> float:
    """How far the way to the stage is shown as walked, 0 to 1."""
    return float(await page.get_by_test_id("waiting-picture").evaluate("it => it.style.getPropertyValue('--open')"))


async def test_the_wait_runs_down_and_the_picture_comes_by_itself(room: House) -> None:
    async with taken(room) as holder, browser() as opened:
        page = await arrive(room, opened, "room-first")
        await join_line(page)
        await until_says(page, "waiting-title", "You are next")
        told, way = await text(page, "wait-time"), await opened_curtain(page)
        assert re.match(r"about .+ to \d+½? \w+$|any moment now, at most", told), told
        assert await text(page, "waiting-reason")
        assert "automatically" in await text(page, "what-comes-next")
        await assert_is_told_to_the_ear(page)
        await shot(page, "40-waiting-next")
        await page.set_viewport_size(PHONE)
        await shot(page, "41-waiting-next-phone")
        assert await fits(page)

        async def is_shorter() -> bool:
            return longest_s(await text(page, "wait-time")) < longest_s(told)

        await until(is_shorter, 40)
        assert await opened_curtain(page) > way
        await holder.leave()
        await until_state(page, "playing")
        first = await frame_number(page)
        await until_true(page, f"window.greenroom.frames > {await page.evaluate('window.greenroom.frames') + 15}")
        second = await frame_number(page)
        assert first is not None
        assert second is not None
        assert second > first
        await page.get_by_test_id("leave").click()
        await until_state(page, "ended")


async def assert_is_told_to_the_ear(page: Page) -> None:
    """Place and time in a polite live region, progress with a name and words, the title where reading goes on."""
    told = page.get_by_role("status")
    assert await told.get_attribute("aria-live") == "polite"
    assert re.match(r"You are next\. Time until your turn: .+\. .+", await told.inner_text())
    way = page.get_by_role("progressbar", name="Your progress in line")
    assert (await way.get_attribute("aria-valuetext") or "").startswith("You are next. ")
    assert await page.evaluate("document.activeElement.textContent") == "You are next"


async def test_a_reload_keeps_the_place_and_a_cancel_frees_it_at_once(room: House) -> None:
    async with taken(room), browser() as opened:
        first, second = await asyncio.gather(arrive(room, opened, "room-first"), arrive(room, opened, "room-second"))
        await join_line(first)
        session_id = await session_of(first)
        await join_line(second)
        await until_says(second, "waiting-title", "You are 2nd in line")
        while (waited := await waited_s(first)) < 6:
            await asyncio.sleep(0.5)
        await first.reload()
        await until_state(first, "waiting")
        assert await session_of(first) == session_id
        await until_says(first, "waiting-title", "You are next")
        assert await waited_s(first) > waited - 3, "it goes on, to a second or two, and does not begin anew"
        assert await text(second, "waiting-title") == "You are 2nd in line"
        await shot(second, "42-waiting-second")

        await first.get_by_test_id("cancel").click()
        await until_says(second, "waiting-title", "You are next")
        row = room.session_row(session_id)
        assert (row["state"], row["statusReason"]) == ("Ended", "cancelled")
        assert places(room) == [await session_of(second)]
        await first.get_by_test_id("play-again").click()
        await until_says(first, "waiting-title", "You are 2nd in line")
        for page in (first, second):
            await page.get_by_test_id("cancel").click()
            await until_state(page, "ended")


def places(house: House) -> list[str]:
    """The sessions in line, in its order."""
    tickets = sorted(each["sk"] for each in house.rows("Sessions") if each["pk"] == line_key(ROOM))
    return [each.partition("#")[2] for each in tickets]


async def waited_s(page: Page) -> int:
    """What the page says: `1:05 waited` -> 65."""
    minutes, seconds = re.findall(r"\d+", await text(page, "elapsed"))
    return int(minutes) * 60 + int(seconds)


async def test_a_full_line_says_when_to_come_back_and_then_there_is_room(room: House) -> None:
    async with taken(room), room.viewer("room-waiting") as waiting, browser() as opened:
        assert (await waiting.request(ROOM)).status == 202
        page = await arrive(room, opened, "room-late")
        async with pool(room, lineLimit=1):
            await page.get_by_test_id("play").click()
            await page.get_by_test_id("turned-away").wait_for()
            assert await page.get_by_role("heading", level=1).inner_text() == "The line is full"
            assert re.fullmatch(r"0:\d\d", await text(page, "countdown"))
            assert re.match(r"That is (today|tomorrow) at \d", await text(page, "again-at"))
            assert await page.get_by_test_id("try-again").is_disabled()
            await shot(page, "43-line-full")
            await page.set_viewport_size(PHONE)
            await shot(page, "44-line-full-phone")
            assert await fits(page)
        await page.get_by_test_id("try-again").click(timeout=60_000)  # as soon as it may be pressed
        await until_state(page, "waiting")
        await until_says(page, "waiting-title", "You are 2nd in line")
        await page.get_by_test_id("cancel").click()
        await until_state(page, "ended")


@asynccontextmanager
async def pool(house: House, **fields: Any) -> AsyncIterator[None]:
    """The pool like this for a while."""
    before = await must(house, "GET", f"/pools/{ROOM}")
    await must(house, "PATCH", f"/pools/{ROOM}", fields)
    try:
        yield
    finally:
        await must(house, "PATCH", f"/pools/{ROOM}", {name: before[name] for name in fields})


async def test_a_closed_door_says_so_and_one_that_opens_later_says_when(room: House) -> None:
    async with browser() as opened:
        page = await arrive(room, opened, "room-early")
        async with admission(room, "closed"):
            assert await turned_away(page, "45-closed") == ["Closed for now"]
        async with admission(room, "automatic"), event(room, timedelta(hours=2, minutes=5, seconds=50)):
            title, left, at = await turned_away(page, "46-not-open")
            assert (title, left) == ("Not open yet", "2 h 0 min")
            assert re.match(r"That is (today|tomorrow) at \d", at)


async def turned_away(page: Page, name: str) -> list[str]:
    """Press Play and read the door: its title and, where it has one, its hour. Back to the start."""
    await page.get_by_test_id("play").click()
    api = page.get_by_test_id("turned-away")
    await api.wait_for()
    await shot(page, name)
    assert await fits(page)
    told = [await page.get_by_role("heading", level=1).inner_text()]
    if await page.get_by_test_id("countdown").is_visible():
        told += [await text(page, "countdown"), await text(page, "again-at")]
    await page.get_by_test_id("home").click()
    await page.get_by_test_id("play").wait_for()
    return told


@asynccontextmanager
async def admission(house: House, kind: str) -> AsyncIterator[None]:
    before = await must(house, "GET", f"/applications/{ROOM}")
    await must(house, "PUT", f"/applications/{ROOM}", {**before, "admission": kind})
    try:
        yield
    finally:
        await must(house, "PUT", f"/applications/{ROOM}", before)


@asynccontextmanager
async def event(house: House, ahead: timedelta) -> AsyncIterator[None]:
    """One of an hour, whose doors open five minutes before it."""
    start = datetime.now(UTC) + ahead
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    made = await must(house, "POST", "/events", {"poolId": ROOM, "expectedSessions": 1, "preQueue_s": 300, **times})
    try:
        yield
    finally:
        await must(house, "DELETE", f"/events/{made['eventId']}")


async def must(house: House, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await house.operator(method, path, body)
    assert answer.status < 300, answer
    return dict(answer.body)
