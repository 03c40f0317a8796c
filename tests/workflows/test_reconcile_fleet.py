"""Every outcome and every Catch of reconcile_fleet."""

from __future__ import annotations

import datetime

import pytest

from tests.workflows.rehearsal import Answer, Case, Rehearsal, check, raises, returns, untaken


def passed(*, alive: bool = False, lease_lost: bool = False, hand_over: bool = False) -> Answer:
    return returns({"alive": alive, "leaseLost": lease_lost, "handOver": hand_over, "wait_s": 1})


ALIVE, NOTHING = passed(alive=True), passed()
AGAIN = ["RunPass", "WhatNext", "WaitForNextPass"]
CASES = [
    Case("nothing is alive", {"reconcile_fleet": [NOTHING]}, ["RunPass", "WhatNext", "NothingLeft"]),
    Case(
        "it passes until nothing is alive",
        {"reconcile_fleet": [ALIVE, ALIVE, NOTHING]},
        [*AGAIN, *AGAIN, "RunPass", "WhatNext", "NothingLeft"],
    ),
    Case(
        "another execution holds the lease",
        {"reconcile_fleet": [passed(alive=True, lease_lost=True)]},
        ["RunPass", "WhatNext", "AnotherRuns"],
    ),
    Case(
        "after its hour it hands over",
        {"reconcile_fleet": [passed(alive=True, hand_over=True)]},
        ["RunPass", "WhatNext", "HandOver", "HandedOver"],
    ),
    Case(
        "a failed pass is followed by another",
        {"reconcile_fleet": [raises("Surprise"), NOTHING]},
        ["RunPass", "WaitForNextPass", "RunPass", "WhatNext", "NothingLeft"],
    ),
    Case(
        "when nobody can take over it goes on itself",
        {"reconcile_fleet": [passed(alive=True, hand_over=True), NOTHING]},
        ["RunPass", "WhatNext", "HandOver", "WaitForNextPass", "RunPass", "WhatNext", "NothingLeft"],
        starts="nothing",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.desc)
def test_reconcile_fleet(rehearsal: Rehearsal, case: Case) -> None:
    played = rehearsal.play("reconcile_fleet", case, {"detail": {"cause": "test"}})
    check(played, case, "reconcile_fleet")
    owners = {call["owner"] for call in played.asked["reconcile_fleet"]}
    assert len(owners) == 1
    assert ":execution:reconcile_fleet-" in owners.pop()
    for call in played.asked["reconcile_fleet"]:
        assert datetime.datetime.fromisoformat(call["startedAt"]).tzinfo


def test_the_successor_learns_why_it_was_started(rehearsal: Rehearsal) -> None:
    rehearsal.play("reconcile_fleet", CASES[3], {"detail": {"cause": "test"}})
    assert {"detail": {"cause": "handOver"}} in rehearsal.started().values()


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("reconcile_fleet", CASES) == set()
