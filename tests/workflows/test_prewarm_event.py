"""Every outcome and every Catch of prewarm_event."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.workflows.rehearsal import Answer, Case, Rehearsal, check, raises, returns, untaken

EVENT = "evt-abcdefghijklmnopqrstuvwx25"
HELD = ["WarmPool", "WaitUntilStart", "MeasureReadiness", "WaitUntilEnd", "GiveBack", "WasItHeld", "EventOver"]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def warmed(start_in_s: float = -2, last_s: float = 1) -> Answer:
    start = time.time() + start_in_s
    return returns({"startsAt": iso(start), "endsAt": iso(start + last_s)})


CASES = [
    Case(
        "warmed, measured, held, given back",
        {"warm_event": [warmed(), returns({})], "restore_event": [returns({})]},
        HELD,
    ),
    Case(
        "an event is not given up because it could not be measured",
        {"warm_event": [warmed(), raises("Conflict")], "restore_event": [returns({})]},
        HELD,
    ),
    Case(
        "an event that cannot be warmed is given back at once and fails",
        {"warm_event": [raises("CapacityUnavailable")], "restore_event": [returns({})]},
        ["WarmPool", "GiveBack", "WasItHeld", "EventFailed"],
        error="CapacityUnavailable",
    ),
    Case(
        "slots that cannot be given back are a failure",
        {"warm_event": [warmed(), returns({})], "restore_event": [raises("Conflict")]},
        [*HELD[:5], "EventFailed"],
        error="Conflict",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.desc)
def test_prewarm_event(rehearsal: Rehearsal, case: Case) -> None:
    played = rehearsal.play("prewarm_event", case, {"eventId": EVENT})
    check(played, case, "prewarm_event")
    phases = [call["phase"] for call in played.asked["warm_event"]]
    assert phases == ["warm", "measure"][: len(phases)]
    assert played.asked["restore_event"] == [{"eventId": EVENT}]


def test_the_slots_are_held_from_the_start_to_the_end(rehearsal: Rehearsal) -> None:
    case = Case("soon", {"warm_event": [warmed(1, 2), returns({})], "restore_event": [returns({})]}, HELD)
    began = time.monotonic()
    check(rehearsal.play("prewarm_event", case, {"eventId": EVENT}), case, "prewarm_event")
    assert time.monotonic() - began >= 2


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("prewarm_event", CASES) == set()
