"""Faults strike what they are meant to strike, once, and say so."""

from __future__ import annotations

import json

from greenroom_lab.platform.socket_faults import Direction, FaultOnce, NoFaults, doubled, lost, overtaken

FRAME = json.dumps({"kind": "frame", "sequence": 1})


def test_without_faults_every_frame_arrives_once_and_at_once() -> None:
    assert [(d.after_s, d.text) for d in NoFaults().deliver(Direction.UP, FRAME)] == [(0.0, FRAME)]


def test_a_fault_strikes_one_frame_of_its_direction_and_kind() -> None:
    faults = FaultOnce(down=lost)
    assert len(faults.deliver(Direction.UP, FRAME)) == 1
    assert len(faults.deliver(Direction.DOWN, json.dumps({"kind": "welcome"}))) == 1
    assert len(faults.deliver(Direction.DOWN, FRAME)) == 0
    assert len(faults.deliver(Direction.DOWN, FRAME)) == 1
    assert faults.struck == [(Direction.DOWN, "frame")]


def test_doubled_and_overtaken_frames_are_still_whole() -> None:
    assert [delivery.text for delivery in doubled(FRAME)] == [FRAME, FRAME]
    assert [delivery.text for delivery in overtaken(FRAME)] == [FRAME]
    assert overtaken(FRAME)[0].after_s > 0
