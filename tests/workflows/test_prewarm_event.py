"""Every outcome and every Catch of prewarm_event."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.workflows.rehearsal import Answer, Case, Rehearsal, check, raises, returns, untaken

EVENT = "evt-abcdefghijklmnopqrstuvwx25"
GIVEN = {"eventId": EVENT, "version": 3}
LOOK = ["TakeSteps", "IsItOver", "WaitForNextStep"]
LAST = ["TakeSteps", "IsItOver", "EventOver"]
ACTS = {"TakeSteps": "takeSteps", "GiveBack": "giveBack"}


def again(in_s: float) -> Answer:
    """Come again then."""
    at = datetime.fromtimestamp(time.time() + in_s, UTC)
    return returns({"nextStepAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")})


OVER = returns({"nextStepAt": None})
CASES = [
    Case("step by step to its end", {"advance_event": [again(1), again(1), OVER]}, [*LOOK, *LOOK, *LAST]),
    Case("an outdated version ends quietly", {"advance_event": [OVER]}, LAST),
    Case("a time that has passed is not waited for", {"advance_event": [again(-60), OVER]}, [*LOOK, *LAST]),
    Case("an answer without a time is an end", {"advance_event": [returns({})]}, LAST),
    Case(
        "a step that fails is undone as far as it was taken",
        {"advance_event": [raises("Conflict"), returns({"state": "Scheduled"})]},
        ["TakeSteps", "GiveBack", "EventFailed"],
        error="Conflict",
    ),
    Case(
        "a later step that fails, too",
        {"advance_event": [again(1), raises("NotFound"), returns({"state": "Warming"})]},
        [*LOOK, "TakeSteps", "GiveBack", "EventFailed"],
        error="NotFound",
    ),
    Case(
        "what cannot be undone is a failure, and the reaper's",
        {"advance_event": [raises("Conflict"), raises("RuntimeError")]},
        ["TakeSteps", "GiveBack", "EventFailed"],
        error="RuntimeError",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.desc)
def test_prewarm_event(rehearsal: Rehearsal, case: Case) -> None:
    played = rehearsal.play("prewarm_event", case, GIVEN)
    check(played, case, "prewarm_event")
    acts = [ACTS[state] for state in case.path if state in ACTS]
    assert played.asked["advance_event"] == [{**GIVEN, "act": act} for act in acts]


def test_the_next_step_is_not_taken_early(rehearsal: Rehearsal) -> None:
    began = time.monotonic()
    case = Case("soon", {"advance_event": [again(3), OVER]}, [*LOOK, *LAST])
    check(rehearsal.play("prewarm_event", case, GIVEN), case, "prewarm_event")
    assert time.monotonic() - began >= 2.5


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("prewarm_event", CASES) == set()
