"""Texts from outside: whatever they hold, they are an object or they are refused, soon and by one error."""

import json
import time
from typing import Any

import pytest
from greenroom_agent.slot.page_messages import PageMessage, parse_page_message
from greenroom_agent.strict_json import MalformedText, read_object
from hypothesis import given
from hypothesis import strategies as st

MOST = 256 * 1024
HOSTILE = {
    "lists in lists": "[" * 20_000,
    "objects in objects": '{"a":' * 5_000,
    "well-formed and deep": '{"a":' * 900 + "1" + "}" * 900,
    "a list of lists, well-formed": '{"a":' + "[" * 17 + "]" * 17 + "}",
    "half a character, escaped": '{"type":"answer","sdp":"\\ud800"}',
    "half a character, as a name": '{"\\udfff":1}',
    "half a character, raw": '{"type":"\ud83d"}',
    "not a number": '{"a":NaN}',
    "infinity": '{"a":-Infinity}',
    "infinity by its exponent": '{"a":1e999}',
    "5000 digits": '{"a":' + "9" * 5_000 + "}",
    "20 digits": '{"a":-' + "9" * 20 + "}",
    "no object": "[1]",
    "a number": "7",
    "nothing": "",
    "unfinished": '{"a":"',
    "a lone backslash": '{"a":"\\',
    "too long": '{"a":"' + "x" * MOST + '"}',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_by_one_error(text: str) -> None:
    with pytest.raises(MalformedText):
        read_object(text, MOST)
    with pytest.raises(MalformedText):
        read_object(text.encode("utf-8", "surrogatepass"), MOST)


@pytest.mark.parametrize("text", [*HOSTILE.values(), '"' * MOST, '"' + '\\"' * (MOST // 2 - 1), "[" * MOST])
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    with pytest.raises(MalformedText):
        read_object(text, MOST)
    assert time.process_time() - began < 0.5


def test_brackets_inside_a_string_are_not_nesting() -> None:
    text = json.dumps({"sdp": '[{"\\' * 1_000, "n": [[{"a": []}]]})
    assert read_object(text, MOST) == json.loads(text)


def test_a_character_that_was_cut_in_two_is_whole_again() -> None:
    piece = read_object('{"data":"a\\ud83d"}', MOST, may_be_a_piece=True)
    rest = read_object('{"data":"\\ude00b"}', MOST, may_be_a_piece=True)
    assert read_object('{"x":"' + piece["data"] + rest["data"] + '"}', MOST) == {"x": "a😀b"}


TEXT = st.text(st.sampled_from([*"aé😀{}[]", "\n", '"', "\\", "\u2028"]), max_size=6)
PLAIN = st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(-1e9, 1e9) | TEXT
NESTED = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


@given(st.dictionaries(TEXT, NESTED, max_size=3))
def test_an_ordinary_object_is_read_as_json_reads_it(value: dict[str, Any]) -> None:
    assert read_object(json.dumps(value), MOST) == value
    assert read_object(json.dumps(value, ensure_ascii=False).encode(), MOST) == value


@given(st.text(max_size=200) | st.text(st.sampled_from([*"{}[],:0ud8é", '"', "\\"]), max_size=60))
def test_any_text_is_an_object_or_malformed(text: str) -> None:
    try:
        value = read_object(text, MOST)
    except MalformedText:
        return
    json.dumps(value, ensure_ascii=False).encode()


# -- what a page says


def test_of_a_pages_message_only_the_known_fields_go_on() -> None:
    answer = {
        "type": "answer",
        "sdp": "v=0",
        "minBitrateBps": 0,
        "maxBitrateBps": 1e6,
        "evil": {"a": [1]},
        "playerId": "9",
    }
    said = {"type": "answer", "sdp": "v=0", "minBitrateBps": 0, "maxBitrateBps": 1e6}
    assert parse_page_message(json.dumps(answer)) == PageMessage("answer", said)
    candidate = {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "x"}
    trickled = {"type": "iceCandidate", "candidate": {**candidate, "more": 1}, "x": 2}
    assert parse_page_message(json.dumps(trickled)) == PageMessage(
        "iceCandidate", {"type": "iceCandidate", "candidate": candidate}
    )
    over = parse_page_message('{"type":"iceCandidate","candidate":null}')
    assert over.to_streamer == {"type": "iceCandidate", "candidate": None}
    assert parse_page_message('{"type":"greenroomPlaying","firstFrame_ms":3}') == PageMessage("greenroomPlaying")
    assert parse_page_message('{"type":"greenroomActivity","idle_s":3}').idle_s == 3


@pytest.mark.parametrize(
    "message",
    [
        {"type": "answer", "sdp": ["v=0"]},
        {"type": "answer", "sdp": "v=0", "minBitrateBps": "1"},
        {"type": "answer", "sdp": "v=0", "maxBitrateBps": True},
        {"type": "iceCandidate", "candidate": "candidate:1"},
        {"type": "iceCandidate", "candidate": {"candidate": "x" * 5_000}},
        {"type": "iceCandidate", "candidate": {"sdpMLineIndex": -1}},
        {"type": "playerDisconnected"},
        {"type": ["answer"]},
        {"type": {"a": {"b": {"c": {"d": 1}}}}},
        {"type": "answer", "sdp": "x" * 70_000},
        {},
    ],
)
def test_what_a_page_may_not_say_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(MalformedText) as refused:
        parse_page_message(json.dumps(message))
    assert len(str(refused.value)) < 100


def test_a_pages_words_do_not_forge_a_line_of_the_log() -> None:
    with pytest.raises(MalformedText) as refused:
        parse_page_message('{"type":"x\\n2026-01-01 ERROR all is lost"}')
    assert "\n" not in str(refused.value)
