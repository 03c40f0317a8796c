"""The demo's picture: a dark room, two spotlights and a ball that reacts to mouse and keys. Drawn in YUV 4:2:0."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenroom_agent.demo.data_channel import Input
from greenroom_agent.demo.frame_counter import WRAP, Plane, bar_height, draw_frame_counter
from greenroom_agent.demo.glyphs import text_mask
from greenroom_agent.demo.key_names import key_name

FULL = 65_536  # the browser's coordinates run from 0 to 65,535 over the picture
NEUTRAL = 128
# Colours of the light and the ball as (U, V). Each key press switches to the next one.
PALETTE = ((150, 96), (104, 190), (90, 110), (190, 150), (70, 160), (170, 60))


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame of the video: luma (brightness) at full size, the colour planes `u` and `v` at half size."""

    luma: Plane
    u: Plane
    v: Plane


class Scene:
    """The scene and its motion, shared by all players (peer connections to a browser).

    The frame number counts the frames that were drawn since the process started, for all players together.
    """

    def __init__(self, width: int, height: int, title: str = "GREENROOM", fps: int = 30) -> None:
        self.width, self.height = width, height
        self.frame_number = 0
        self._fps = fps
        self._title = text_mask(title, max(1, height // 120))
        self._backdrop = _draw_backdrop(width, height)
        self._light = _draw_light(width, height)
        self._radius = height // 8
        self._ball, self._shine = _draw_ball(self._radius)
        self._pull = (0.5, 0.45)
        self._center = (0.5, 0.45)
        self._cursor: tuple[float, float] | None = None
        self._is_pressed = False
        self._last_key = "-"
        self._palette = 0
        self._speed = 1.0
        self._angle = 0.0

    def apply(self, event: Input) -> None:
        """Changes the scene as an input of the viewer demands. Other messages are ignored."""
        if event.name == "MouseMove":
            self._point(event.number(0), event.number(1))
        elif event.name in ("MouseDown", "MouseDouble"):
            self._is_pressed = True
            self._point(event.number(1), event.number(2))
        elif event.name == "TouchStart" or event.name == "TouchMove":
            self._point(event.number(1), event.number(2))
        elif event.name in ("MouseUp", "TouchEnd"):
            self._is_pressed = False
        elif event.name == "MouseLeave":
            self._cursor, self._pull, self._is_pressed = None, (0.5, 0.45), False
        elif event.name == "MouseWheel":
            self._speed = min(4.0, max(0.25, self._speed * (1.25 if event.number(0) > 0 else 0.8)))
        elif event.name == "KeyDown":
            self._press(int(event.number(0)), is_repeat=bool(event.number(1)))

    def forget_viewer(self) -> None:
        """Resets the scene for the next viewer. Only the frame number continues."""
        self._pull, self._cursor, self._is_pressed = (0.5, 0.45), None, False
        self._last_key, self._palette, self._speed = "-", 0, 1.0

    def render(self) -> Picture:
        """Draws and returns the next frame."""
        self.frame_number = (self.frame_number + 1) % WRAP
        self._move()
        u_light, v_light = PALETTE[self._palette]
        picture = Picture(self._backdrop.copy(), _tint(self._light, u_light), _tint(self._light, v_light))
        self._draw_ball(picture)
        self._draw_words(picture.luma)
        self._draw_cursor(picture.luma)
        bar = bar_height(self.height)
        draw_frame_counter(picture.luma, self.frame_number)
        for plane in (picture.u, picture.v):
            plane[(self.height - bar) // 2 :] = NEUTRAL
        return picture

    def _point(self, x: float, y: float) -> None:
        self._cursor = self._pull = (x / FULL, y / FULL)

    def _press(self, code: int, *, is_repeat: bool) -> None:
        self._last_key = key_name(code)
        if not is_repeat:
            self._palette = (self._palette + 1) % len(PALETTE)

    def _move(self) -> None:
        self._angle += 1.6 * self._speed / self._fps
        ease = min(1.0, 6.0 / self._fps)
        (x, y), (goal_x, goal_y) = self._center, self._pull
        self._center = (x + (goal_x - x) * ease, y + (goal_y - y) * ease)

    def _draw_ball(self, picture: Picture) -> None:
        radius = self._radius
        x = self._center[0] * self.width + math.cos(self._angle) * self.width * 0.12
        y = self._center[1] * self.height + math.sin(2 * self._angle) * self.height * 0.07
        left = int(min(max(x, radius), self.width - radius)) - radius & ~1
        top = int(min(max(y, radius), self.height - bar_height(self.height) - radius)) - radius & ~1
        side = 2 * radius & ~1
        inside = self._ball[:side, :side]
        region = picture.luma[top : top + side, left : left + side]
        region[inside] = self._shine[:side, :side][inside]
        u_ball, v_ball = PALETTE[(self._palette + 1) % len(PALETTE)]
        half = inside[::2, ::2]
        for plane, value in ((picture.u, u_ball), (picture.v, v_ball)):
            plane[top // 2 : top // 2 + side // 2, left // 2 : left // 2 + side // 2][half] = value

    def _draw_words(self, luma: Plane) -> None:
        small = max(1, self.height // 180)
        margin = 6 * small
        _stamp(luma, self._title, margin, margin, 235)
        second = margin + self._title.shape[0] + 3 * small
        _stamp(luma, text_mask(f"FRAME {self.frame_number}", small), margin, second, 170)
        key = text_mask(f"KEY {self._last_key}", small)
        _stamp(luma, key, self.width - margin - key.shape[1], margin, 235)

    def _draw_cursor(self, luma: Plane) -> None:
        if self._cursor is None:
            return
        x, y = int(self._cursor[0] * self.width), int(self._cursor[1] * self.height)
        arm = self.height // (18 if self._is_pressed else 30)
        thick = max(1, self.height // 240)
        luma[max(0, y - arm) : y + arm, max(0, x - thick) : x + thick] = 235
        luma[max(0, y - thick) : y + thick, max(0, x - arm) : x + arm] = 235


def _draw_backdrop(width: int, height: int) -> Plane:
    """Draws the background in luma: a dark wall with a folded curtain, a floor of planks, two cones of light."""
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    wall = 30 + 9 * np.sin(columns * 60) * (1 - rows) + 0 * rows
    planks = 40 + 26 * (rows - 0.72) + 6 * (np.floor((columns - 0.5) / (rows + 0.2) * 14) % 2)
    picture = np.where(rows > 0.72, planks, wall)
    picture = picture + 62 * _draw_light(width, height)
    return np.clip(picture, 16, 235).astype(np.uint8)


def _draw_light(width: int, height: int) -> NDArray[np.float32]:
    """Returns how strongly the spotlights shine on each pixel, from 0 to 1."""
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    light = np.zeros((height, width), np.float32)
    for lamp, target in ((0.2, 0.58), (0.8, 0.42)):
        middle = lamp + (target - lamp) * rows
        spread = 0.03 + 0.16 * rows
        light += np.exp(-(((columns - middle) / spread) ** 2)) * (0.35 + 0.3 * rows)
    pool = np.exp(-(((columns - 0.5) / 0.3) ** 2) - ((rows - 0.86) / 0.09) ** 2)
    return np.clip(light + 0.7 * pool, 0, 1).astype(np.float32)


def _draw_ball(radius: int) -> tuple[NDArray[np.bool_], Plane]:
    """Returns which pixels belong to the ball, and the ball's luma, lit from the upper left."""
    steps = np.linspace(-1, 1, 2 * radius, dtype=np.float32)
    x, y = steps[None, :], steps[:, None]
    squared = x**2 + y**2
    depth = np.sqrt(np.clip(1 - squared, 0, 1))
    lit = np.clip(-0.45 * x - 0.6 * y + 0.65 * depth, 0, 1)
    luma = 50 + 120 * lit + 65 * lit**12
    return squared <= 1, np.clip(luma, 16, 235).astype(np.uint8)


def _tint(light: NDArray[np.float32], colour: int) -> Plane:
    return (NEUTRAL + light[::2, ::2] * (colour - NEUTRAL)).astype(np.uint8)


def _stamp(luma: Plane, mask: NDArray[np.bool_], x: int, y: int, value: int) -> None:
    region = luma[max(0, y) : y + mask.shape[0], max(0, x) : x + mask.shape[1]]
    region[mask[: region.shape[0], mask.shape[1] - region.shape[1] :]] = value
