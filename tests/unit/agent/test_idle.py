"""Who gives no input is warned, then ended; who gives any is left alone; nobody is ended while we cannot hear."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from greenroom_agent.control_plane.api_messages import Join, MalformedAnswer, SlotState, SlotTruth, parse_join
from greenroom_agent.control_plane.idle_limits import IdleLimits
from greenroom_agent.control_plane.report import Report
from greenroom_agent.demo.data_channel import Input
from greenroom_agent.demo.person_input import is_of_a_person
from greenroom_agent.demo.scene import Scene
from greenroom_agent.demo.streamer import Streamer
from greenroom_agent.slot.idle_watch import IdleSign, IdleWatch
from greenroom_agent.slot.occupancy import Occupancy
from greenroom_agent.slot.slot import Slot

LIMITS = IdleLimits(warn_s=120, end_s=30)


def signs(watch: IdleWatch, *times_s: float) -> list[IdleSign | None]:
    return [watch.poll(at_s, can_hear=True) for at_s in times_s]


def test_who_does_nothing_is_warned_once_and_then_ended() -> None:
    watch = IdleWatch(LIMITS, now_s=0)
    assert signs(watch, 119, 120, 121, 149, 150) == [None, IdleSign.WARN, None, None, IdleSign.END]
    assert signs(watch, 151, 180) == [None, IdleSign.END], "said again: the first word may be lost"


@pytest.mark.parametrize(("idle_s", "heard_at_s", "warned_at_s"), [(0, 100, 220), (40, 100, 180), (0, 119.9, 239.9)])
def test_time_counts_from_the_last_input_not_from_its_report(
    idle_s: float, heard_at_s: float, warned_at_s: float
) -> None:
    watch = IdleWatch(LIMITS, now_s=0)
    assert watch.heard(idle_s, heard_at_s) is None
    assert watch.next_at_s == pytest.approx(warned_at_s)
    assert signs(watch, warned_at_s - 0.1, warned_at_s) == [None, IdleSign.WARN]


def test_an_input_withdraws_the_warning_and_a_report_of_more_idling_does_not() -> None:
    watch = IdleWatch(LIMITS, now_s=0)
    assert signs(watch, 120) == [IdleSign.WARN]
    assert watch.heard(125, 130) is IdleSign.WARN, "it happened 125 s ago: that is no sign of life, and it is told"
    assert watch.ends_in_s(130) == 20
    assert watch.heard(1, 140) is IdleSign.WITHDRAW
    assert signs(watch, 150, 258, 259) == [None, None, IdleSign.WARN]


def test_an_older_report_that_comes_late_takes_nothing_back() -> None:
    watch = IdleWatch(LIMITS, now_s=0)
    watch.heard(0, 100)
    watch.heard(90, 101)
    assert watch.next_at_s == 220


def test_nobody_is_ended_for_what_we_could_not_hear() -> None:
    watch = IdleWatch(LIMITS, now_s=0)
    assert signs(watch, 120) == [IdleSign.WARN]
    assert [watch.poll(at_s, can_hear=False) for at_s in (150, 400)] == [None, None]
    assert signs(watch, 401, 430, 431) == [IdleSign.WARN, None, IdleSign.END], "the whole countdown begins anew"


class Wire:
    """The slot's socket, streamer, supervisor and ear of the control plane."""

    def __init__(self) -> None:
        self.is_open = True
        self.frames: list[Mapping[str, Any]] = []
        self.reports: list[Report] = []

    def send(self, message: Mapping[str, Any]) -> None:
        self.frames.append(message)

    def ready(self) -> None: ...
    def restart(self) -> None: ...
    def stop(self) -> None: ...
    def lost(self) -> None: ...
    def fail(self, detail: str) -> None: ...

    @property
    def events(self) -> list[str]:
        return [report.event for report in self.reports]

    @property
    def ends_in_s(self) -> list[float | None]:
        texts = [json.loads(frame["data"]) for frame in self.frames if frame.get("kind") == "frame"]
        return [message["endsIn_s"] for message in texts if message["type"] == "greenroomIdle"]


def playing_slot(wire: Wire, limits: IdleLimits, **peer: object) -> Slot:
    slot = Slot(Occupancy("i-1.1", 0), wire, None)
    slot.bind(wire, wire, wire.reports.append)
    slot.application_started()
    slot.application_ready()
    slot.observe(SlotTruth("i-1.1", 0, SlotState.FREE))
    slot.join(Join("i-1.1", "ses-1", 1, 1, limits))
    slot.hear_streamer({"type": "greenroomPeer", "playerId": "1", "state": "connected", **peer})
    return slot


def activity(sequence: int, idle_s: object) -> dict[str, Any]:
    stamp = {"sessionId": "ses-1", "epoch": 1, "joinNumber": 1}
    data = json.dumps({"type": "greenroomActivity", "idle_s": idle_s})
    return {"kind": "frame", "sequence": sequence, "part": 1, "parts": 1, "data": data, **stamp}


QUICK = IdleLimits(warn_s=0.2, end_s=0.2)


async def test_a_slot_warns_its_page_and_then_tells_the_control_plane() -> None:
    wire = Wire()
    slot = playing_slot(wire, QUICK)
    await asyncio.sleep(0.3)
    assert (wire.ends_in_s, wire.events) == ([0.2], ["ready", "connected"])
    await asyncio.sleep(0.2)
    last = wire.reports[-1]
    assert (last.event, last.epoch, last.session_id, last.join_number) == ("idle", 1, "ses-1", 1)
    slot.close()


async def test_input_keeps_a_viewer_whether_the_page_or_the_streamer_saw_it() -> None:
    wire = Wire()
    slot = playing_slot(wire, QUICK)
    for sequence in range(1, 5):
        await asyncio.sleep(0.1)
        slot.hear_page(activity(sequence, 0))
    for _ in range(4):
        await asyncio.sleep(0.1)
        slot.hear_streamer({"type": "greenroomActivity", "playerId": "1"})
    assert (wire.ends_in_s, wire.events) == ([], ["ready", "connected"])
    await asyncio.sleep(0.3)
    slot.hear_page(activity(5, 0))
    assert wire.ends_in_s == [0.2, None]
    slot.close()


async def test_an_answer_that_is_too_old_has_the_page_count_down_after_all() -> None:
    wire = Wire()
    slot = playing_slot(wire, IdleLimits(warn_s=0.2, end_s=0.6))
    await asyncio.sleep(0.3)
    slot.hear_page(activity(1, 0.25))
    assert wire.ends_in_s == [0.6, 0.5]
    await asyncio.sleep(0.6)
    assert wire.events[-1] == "idle", "and the answer won no time"
    slot.close()


@pytest.mark.parametrize("idle_s", [None, "0", True, -1, float("nan"), float("inf"), [0]])
async def test_nonsense_is_no_sign_of_life(idle_s: object) -> None:
    wire = Wire()
    slot = playing_slot(wire, QUICK)
    await asyncio.sleep(0.1)
    slot.hear_page(activity(1, idle_s))
    await asyncio.sleep(0.2)
    assert wire.ends_in_s == [0.2]
    slot.close()


@pytest.mark.parametrize(("limits", "media"), [(IdleLimits(), True), (QUICK, False)])
async def test_no_limit_or_no_picture_means_no_idling(limits: IdleLimits, media: bool) -> None:
    wire = Wire()
    slot = playing_slot(wire, limits, media=media)
    await asyncio.sleep(0.4)
    assert (wire.ends_in_s, wire.events) == ([], ["ready", "connected"])
    slot.close()


async def test_who_is_not_connected_is_the_reconnect_windows_and_comes_back_with_a_fresh_clock() -> None:
    wire = Wire()
    slot = playing_slot(wire, QUICK)
    await asyncio.sleep(0.1)
    slot.hear_streamer({"type": "greenroomPeer", "playerId": "1", "state": "disconnected"})
    await asyncio.sleep(0.3)
    assert wire.ends_in_s == []
    slot.hear_streamer({"type": "greenroomPeer", "playerId": "1", "state": "connected"})
    await asyncio.sleep(0.1)
    assert wire.ends_in_s == []
    slot.observe(SlotTruth("i-1.1", 1, SlotState.RESETTING))
    await asyncio.sleep(0.3)
    assert "idle" not in wire.events
    slot.close()


async def test_while_our_socket_is_down_nobody_is_warned_or_ended() -> None:
    wire = Wire()
    slot = playing_slot(wire, QUICK)
    wire.is_open = False
    await asyncio.sleep(0.4)
    assert (wire.ends_in_s, wire.events) == ([], ["ready", "connected"])
    wire.is_open = True
    slot.socket_opened()
    await asyncio.sleep(0.05)
    assert (wire.ends_in_s, wire.events[-1]) == ([0.2], "connected")
    slot.close()


def test_the_join_brings_the_limits_and_none_means_off() -> None:
    body = {"slotId": "i-1.1", "sessionId": "ses-1", "epoch": 1, "joinNumber": 1}
    assert parse_join(body).idle == IdleLimits(0, 0)
    assert parse_join({**body, "idleWarn_s": 120, "idleEnd_s": 30}).idle == LIMITS
    with pytest.raises(MalformedAnswer, match="idleWarn_s"):
        parse_join({**body, "idleWarn_s": "soon"})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (Input("KeyDown", (65, 0)), True),
        (Input("MouseMove", (1, 1, 0, 0)), True),
        (Input("TouchStart", (1, 1, 1, 0, 0, 0)), True),
        (Input("GamepadAnalog", (0, 1, 0.9)), True),
        (Input("GamepadAnalog", (0, 1, -0.02)), False),
        (Input("GamepadConnected"), False),
        (Input("MouseLeave"), False),
        (Input("LatencyTest", ("x",)), False),
        (Input("RequestQualityControl"), False),
    ],
)
def test_a_gamepad_that_lies_on_the_table_is_nobody(message: Input, expected: bool) -> None:
    assert is_of_a_person(message) is expected


def test_the_demo_streamer_tells_of_input_once_a_second() -> None:
    times = iter((100.0, 100.4, 100.9, 101.1))
    told: list[str] = []
    streamer = Streamer("demo", Scene(64, 64), lambda *_: None, clock=lambda: next(times))  # type: ignore[arg-type]
    streamer._say = lambda kind, **fields: told.append(f"{kind} {fields['playerId']}")  # type: ignore[method-assign]
    for _ in range(4):
        streamer.saw_input("7")
    assert told == ["greenroomActivity 7", "greenroomActivity 7"]
