"""Every outcome and every Catch of handle_interruption."""

from __future__ import annotations

import pytest

from tests.workflows.rehearsal import Answer, Case, Rehearsal, check, raises, returns, untaken

DETAIL = {
    "instanceId": "i-0123456789abcdef0",
    "poolId": "demo",
    "kind": "spotInterruption",
    "noticedAt": "2026-01-31T12:00:00.000Z",
    "endsAt": "2026-01-31T12:02:00.000Z",
}
GIVEN = {"detail-type": "InstanceNoticed", "detail": DETAIL}


def looked(*, done: bool) -> Answer:
    return returns({"done": done, "held": 0 if done else 1})


LOOK = ["EvacuateInstance", "IsItEmpty"]
AGAIN = ["WaitForMoves", *LOOK]

CASES = [
    Case(
        "an idle instance is done with at the first look",
        {"evacuate_instance": [looked(done=True)]},
        [*LOOK, "InstanceEvacuated"],
    ),
    Case(
        "while somebody is still on it, it is looked at again",
        {"evacuate_instance": [looked(done=False), looked(done=False), looked(done=True)]},
        [*LOOK, *AGAIN, *AGAIN, "InstanceEvacuated"],
    ),
    Case(
        "a look that fails is followed by another",
        {"evacuate_instance": [raises("Conflict"), looked(done=True)]},
        ["EvacuateInstance", *AGAIN, "InstanceEvacuated"],
    ),
    Case(
        "an instance nobody knows is not ours",
        {"evacuate_instance": [raises("NotFound")]},
        ["EvacuateInstance", "NotOurs"],
    ),
    Case(
        "a throttled look is made again",
        {"evacuate_instance": [raises("Lambda.TooManyRequestsException"), looked(done=True)]},
        [*LOOK, "InstanceEvacuated"],
        retried=True,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.desc)
def test_handle_interruption(rehearsal: Rehearsal, case: Case) -> None:
    played = rehearsal.play("handle_interruption", case, GIVEN)
    check(played, case, "handle_interruption")
    for call in played.asked["evacuate_instance"]:
        assert call == {key: value for key, value in DETAIL.items() if key != "poolId"}


def test_a_notice_without_an_end_is_told_so(rehearsal: Rehearsal) -> None:
    given = {"detail": {**DETAIL, "kind": "rebalance", "endsAt": None}}
    played = rehearsal.play("handle_interruption", CASES[0], given)
    (call,) = played.asked["evacuate_instance"]
    assert (call["kind"], call["endsAt"]) == ("rebalance", None)


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("handle_interruption", CASES) == set()
