"""The demo's data channel codec, its frame counter and how the stage answers to a viewer."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("aiortc", reason="the demo is an extra")

from greenroom_agent.demo.data_channel import (
    TO_STREAMER,
    Input,
    MalformedInput,
    decode_input,
    encode_flag,
    encode_input,
    encode_text,
    protocol_descriptions,
)
from greenroom_agent.demo.frame_counter import BLOCKS, WRAP, draw_frame_counter, read_frame_counter
from greenroom_agent.demo.key_names import key_name
from greenroom_agent.demo.scene import Scene
from greenroom_agent.demo.scene_track import to_frame


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytes([60, 65, 0]), Input("KeyDown", (65, 0))),
        (bytes([74]) + struct.pack("<HHhh", 1, 2, -3, 4), Input("MouseMove", (1, 2, -3, 4))),
        (bytes([50]) + struct.pack("<H", 2) + "hé".encode("utf-16-le"), Input("UIInteraction", ("hé",))),
        (bytes([0]), Input("IFrameRequest")),
    ],
)
def test_inputs_are_read_as_epic_writes_them(data: bytes, expected: Input) -> None:
    assert decode_input(data) == expected
    assert encode_input(expected) == data


@given(st.binary(max_size=40))
def test_no_bytes_of_a_browser_break_the_codec(data: bytes) -> None:
    try:
        message = decode_input(data)
    except MalformedInput:
        return
    assert message.name in TO_STREAMER


def test_what_the_streamer_says_has_no_length() -> None:
    assert encode_text("Response", "a") == b"\x01a\x00"
    assert encode_flag("InputControlOwnership", is_on=True) == b"\x0c\x01"
    assert [description[0] for description in protocol_descriptions()] == [255, 255]


@given(st.integers(0, WRAP - 1), st.sampled_from([(640, 360), (1280, 720), (320, 180)]))
def test_the_counter_is_read_as_it_was_drawn(number: int, size: tuple[int, int]) -> None:
    luma = np.full((size[1], size[0]), 128, np.uint8)
    draw_frame_counter(luma, number)
    assert read_frame_counter(luma) == number


def test_a_damaged_or_absent_bar_is_not_read() -> None:
    luma = np.full((360, 640), 128, np.uint8)
    assert read_frame_counter(luma) is None
    draw_frame_counter(luma, 12345)
    width = 640 // BLOCKS
    luma[:, 10 * width : 11 * width + 4] = 235 - luma[-1, 10 * width + 9] + 16
    assert read_frame_counter(luma) is None


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (426, 240)])
def test_every_frame_carries_its_number(size: tuple[int, int]) -> None:
    scene = Scene(*size)
    assert [read_frame_counter(scene.render().luma) for _ in range(40)] == list(range(1, 41))
    assert to_frame(scene.render()).width == size[0]


def test_a_key_changes_the_colours_and_is_shown() -> None:
    pressed, untouched = Scene(640, 360), Scene(640, 360)
    pressed.apply(Input("KeyDown", (65, 0)))
    after, before = pressed.render(), untouched.render()
    assert abs(float(after.u.mean()) - float(before.u.mean())) > 1
    corner = np.s_[:40, 540:]
    assert (after.luma[corner] != before.luma[corner]).any()


def test_the_ball_and_the_cursor_follow_the_mouse() -> None:
    moved, untouched = Scene(640, 360), Scene(640, 360)
    moved.apply(Input("MouseMove", (60_000, 50_000, 0, 0)))
    for _ in range(15):
        after, before = moved.render(), untouched.render()
    assert int((after.luma != before.luma).sum()) > 2_000


def test_the_next_viewer_sees_the_stage_as_it_was_at_first() -> None:
    scene = Scene(640, 360)
    for event in (Input("KeyDown", (65, 0)), Input("MouseWheel", (1, 0, 0)), Input("MouseDown", (0, 9, 9))):
        scene.apply(event)
    scene.render()
    scene.forget_viewer()
    assert scene.frame_number == 1
    assert float(scene.render().u.mean()) == pytest.approx(float(Scene(640, 360).render().u.mean()), abs=0.5)


@given(st.sampled_from(sorted(TO_STREAMER)), st.integers(0, 255))
def test_no_input_breaks_the_scene(name: str, number: int) -> None:
    scene = Scene(160, 90)
    values = tuple("x" if field == "string" else number for field in TO_STREAMER[name][1])
    scene.apply(Input(name, values))
    scene.render()


def test_keys_have_names() -> None:
    assert [key_name(code) for code in (65, 57, 32, 37, 97, 200)] == ["A", "9", "SPACE", "LEFT", "#97", "#200"]
