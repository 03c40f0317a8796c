"""Whatever the page says over the picture is seen: on top at its own pixels, over a playing video, full screen too."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import av
import numpy as np
import pytest
from playwright.async_api import Page

from tests.e2e.chromium import CHROMIUM, SHOTS, until_state, until_true
from tests.e2e.harness import DESKTOP, FIRST, PHONE, SECOND, Harness, harness

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")

LOUD = (255, 0, 255)
PAINT = """[data-notice] {
  background: #f0f !important; pointer-events: auto !important; animation: none !important; opacity: 1 !important;
}"""
"""No picture has this colour; clicks are let through, and elementFromPoint passes over what lets them."""
CORNER = 9
"""Pixels from the edges: inside the round corners."""
REFUSING = """
window.refusing = true;
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  return window.refusing ? Promise.reject(new DOMException('not without a click', 'NotAllowedError')) : play.call(this);
};
Object.defineProperty(HTMLMediaElement.prototype, 'autoplay', { get: () => false, set: () => {} });
"""
"""A browser that starts nothing by itself, as an iPhone in low power mode."""

Face = tuple[dict[str, int], bool]
FACES: dict[str, Face] = {"desktop": (DESKTOP, False), "full screen": (DESKTOP, True), "phone": (PHONE, False)}


@pytest.mark.parametrize("face", FACES)
async def test_nothing_covers_a_notice(face: str) -> None:
    viewport, is_full = FACES[face]
    async with harness() as house:
        first, second = await house.streamer(FIRST), await house.streamer(SECOND)
        page = await house.play(viewport)
        if is_full:
            await page.get_by_test_id("fullscreen").click()
            await until_true(page, "document.fullscreenElement !== null")
        seen = Seen(page, face)
        await house.order(endsIn_s=295)
        await ask_whether_idle(house, page)
        await seen.on_top("idle", "time-left")
        if is_full:
            # What goes full screen while a notice stands lies above it, unless the notice comes again.
            await page.get_by_test_id("fullscreen").click()
            await until_true(page, "document.fullscreenElement === null")
            await page.get_by_test_id("fullscreen").click()
            await until_true(page, "document.fullscreenElement !== null")
            await ask_whether_idle(house, page)
            await seen.on_top("idle", "time-left")
        await ask_whether_idle(house, page)
        await first.evaluate("window.frozen = true")
        await seen.on_top("still", "idle", "time-left")
        await first.evaluate("window.frozen = false")
        await page.get_by_test_id("picture-still").wait_for(state="hidden")
        await house.order(idle=None)

        await house.order(migrate={"place": 2})
        await seen.on_top("moving")
        await house.order(handOver=SECOND)
        await until_true(page, "window.greenroom.resumedAt !== null")
        await seen.on_top("moved")
        await second.close()
        await asyncio.sleep(3.5)
        await house.order(migrate={"pictureUntil_s": None, "reason": "instanceUnhealthy", "place": 1})
        await until_state(page, "reconnecting")
        await seen.on_top("moving")
        await house.order(handOver=FIRST)
        await until_state(page, "playing")
        await first.close()
        await until_state(page, "reconnecting")
        await seen.on_top("lost")
        everything = await page.locator("[data-notice]").evaluate_all("(them) => them.map((it) => it.dataset.notice)")
        assert seen.names | {"start"} == set(everything), "every notice was looked at; `start` has a test of its own"


async def ask_whether_idle(house: Harness, page: Page) -> None:
    """A press that the agent has not heard of is an answer of its own; then nothing is asked."""
    while await page.evaluate("window.greenroom.idleEndsAt === null"):
        await house.order(idle=30)
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("face", ["desktop", "phone"])
async def test_a_picture_that_the_browser_does_not_start_asks_for_a_tap(face: str) -> None:
    async with harness() as house:
        await house.streamer()
        page = await house.arrive(FACES[face][0], REFUSING)
        await page.get_by_test_id("play").click()
        await page.get_by_test_id("tap-to-start").wait_for()
        await asyncio.sleep(2.5)
        await Seen(page, face).on_top("start")
        assert await page.evaluate("[window.greenroom.state, window.greenroom.frames]") == ["joining", 0]
        assert (await house.order())["sessions"][0]["state"] == "Assigned", "decoded is not shown"
        assert await page.evaluate("document.activeElement.dataset.testid") == "tap-to-start"
        await page.evaluate("window.refusing = false")
        await page.get_by_test_id("tap-to-start").click()
        await until_state(page, "playing", timeout_s=5)
        await until_true(page, "window.greenroom.frames > 5")
        assert await page.locator("[data-notice='start']").is_hidden()
        assert (await house.order())["sessions"][0]["state"] == "Connected"
        await page.evaluate("window.refusing = true")
        await page.evaluate("document.querySelector('[data-testid=video]').pause()")
        await page.get_by_test_id("tap-to-start").wait_for()
        await page.evaluate("window.refusing = false")
        await page.get_by_test_id("tap-to-start").click()
        await page.locator("[data-notice='start']").wait_for(state="hidden")


async def test_a_picture_that_stands_still_is_told_within_two_seconds_and_taken_back() -> None:
    async with harness() as house:
        streamer = await house.streamer()
        page = await house.play()
        await page.evaluate(WATCH_STILL)
        await streamer.evaluate("window.frozen = true")
        await page.get_by_test_id("picture-still").wait_for()
        told = await page.evaluate("window.told")
        print(f"last frame to its notice: {told:.0f} ms")
        assert told <= 2000
        assert await page.get_by_test_id("signal").inner_text() == "Video frozen"
        assert (await page.locator("#announcer").inner_text()).startswith("The video is frozen.")
        await streamer.evaluate("window.frozen = false")
        await page.get_by_test_id("picture-still").wait_for(state="hidden", timeout=2000)
        assert await page.get_by_test_id("signal").inner_text() == "Live"
        # Nobody sees a hidden tab, and nobody who comes back to it is told of the time away.
        await page.evaluate(HIDE)
        await streamer.evaluate("window.frozen = true")
        await asyncio.sleep(3)
        assert await page.get_by_test_id("picture-still").is_hidden()
        await page.evaluate("window.alarms = 0")
        await page.evaluate(COME_BACK)
        await asyncio.sleep(0.7)
        await streamer.evaluate("window.frozen = false")
        await asyncio.sleep(1)
        assert await page.evaluate("window.alarms") == 0


WATCH_STILL = """() => {
    let [frames, at] = [0, 0];
    window.alarms = 0;
    setInterval(() => {
        if (window.greenroom.frames !== frames) [frames, at] = [window.greenroom.frames, performance.now()];
        if (document.querySelector('[data-notice=still]').hidden) return;
        window.alarms += 1;
        window.told ??= performance.now() - at;
    }, 20);
}"""
"""How long after the last frame the notice came (ms, `told`), and how often it was seen to stand."""
HIDE = """() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
}"""
COME_BACK = """() => {
    delete document.visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
}"""


class Seen:
    """Looks at notices, and remembers which."""

    def __init__(self, page: Page, face: str) -> None:
        self._page = page
        self._face = face
        self.names: set[str] = set()

    async def on_top(self, *names: str) -> None:
        """All of them stand at once, each where it can be read: nothing is above it, and its pixels are its own."""
        for name in names:
            await self._page.locator(f"[data-notice='{name}']").wait_for()
        # Not `shot`: that ends animations, and what fades away is gone then.
        SHOTS.mkdir(parents=True, exist_ok=True)
        await self._page.screenshot(path=SHOTS / f"notice-{self._face}-{'-'.join(names)}.png".replace(" ", "-"))
        frames = await self._page.evaluate("window.greenroom.frames")
        paint = await self._page.add_style_tag(content=PAINT)
        await self._page.wait_for_timeout(300)
        screen = rgb(await self._page.screenshot())
        for name in names:
            box = await self._page.locator(f"[data-notice='{name}']").bounding_box()
            assert box is not None
            assert await self._page.evaluate(COVERED, [name, CORNER]) == [], f"{name} is covered at these points"
            assert_painted(screen, box, name)
        self.names.update(names)
        await paint.evaluate("(it) => it.remove()")
        assert {"still", "start", "lost"} & set(names) or await self._moves_on(frames), "the picture plays beneath"

    async def _moves_on(self, frames: int) -> bool:
        state = await self._page.evaluate("window.greenroom.state")
        return state != "playing" or await self._page.evaluate("window.greenroom.frames") > frames


COVERED = """([name, corner]) => {
    const notice = document.querySelector(`[data-notice=${name}]`);
    const { left, right, top, bottom } = notice.getBoundingClientRect();
    const [xs, ys] = [[left + corner, right - corner], [top + corner, bottom - corner]];
    const points = [[(left + right) / 2, (top + bottom) / 2], ...xs.flatMap((x) => ys.map((y) => [x, y]))];
    return points.filter(([x, y]) => !notice.contains(document.elementFromPoint(x, y)));
}"""
"""The centre and the corners of a notice where something else is on top."""


def assert_painted(screen: np.ndarray, box: Any, name: str) -> None:
    """The notice's corners have its colour to the last bit, and so has much of it; the rest are its words."""
    left, top = int(box["x"]), int(box["y"])
    right, bottom = int(box["x"] + box["width"]), int(box["y"] + box["height"])
    height, width = screen.shape[:2]
    assert 0 <= left < right <= width, f"{name} is cut off by the screen"
    assert 0 <= top < bottom <= height, f"{name} is cut off by the screen"
    for x in (left + CORNER, right - CORNER):
        for y in (top + CORNER, bottom - CORNER):
            assert tuple(screen[y, x]) == LOUD, f"{name} is not what is seen at {x}, {y}"
    assert (screen[top:bottom, left:right] == LOUD).all(axis=2).mean() > 0.3, f"{name} is hardly seen"


def rgb(png: bytes) -> np.ndarray:
    with av.open(io.BytesIO(png), format="png_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")
