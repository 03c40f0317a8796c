"""Every outcome and every Catch of maintain_pool."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.workflows.rehearsal import Case, Json, Rehearsal, check, raises, returns, untaken

GIVEN = {"detail-type": "PoolChanged", "detail": {"poolId": "demo", "cause": "test"}}
TAKEN, BY_ANOTHER = "lch-taken", {"by": "another pass"}


def plan(launches: int = 0, retirements: tuple[str, ...] = ()) -> Json:
    names = [f"lch-{uuid.uuid4()}" for _ in range(launches)]
    return {"launches": [{"poolId": "demo", "launchId": each} for each in names], "retirements": list(retirements)}


ONE, TWO = plan(1), plan(2, ("i-1", "i-2"))
CASES = [
    Case(
        "nothing to do",
        {"plan_pool": [returns(plan())]},
        ["PlanPool", "IsAnythingRetired", "StartLaunches", "PoolMaintained"],
    ),
    Case(
        "one launch is started",
        {"plan_pool": [returns(ONE)]},
        ["PlanPool", "IsAnythingRetired", "StartLaunches", "StartLaunch", "LaunchStarted", "PoolMaintained"],
    ),
    Case(
        "one instance is retired",
        {"plan_pool": [returns(plan(0, ("i-1",)))], "retire_instances": [returns({})]},
        ["PlanPool", "IsAnythingRetired", "RetireInstances", "StartLaunches", "PoolMaintained"],
    ),
    Case(
        "instances that cannot be retired now do not hold up a launch",
        {"plan_pool": [returns(plan(1, ("i-1",)))], "retire_instances": [raises("Conflict")]},
        [
            "PlanPool",
            "IsAnythingRetired",
            "RetireInstances",
            "StartLaunches",
            "StartLaunch",
            "LaunchStarted",
            "PoolMaintained",
        ],
    ),
    Case(
        "a launch that runs already is not started twice",
        {"plan_pool": [returns({"launches": [{"poolId": "demo", "launchId": TAKEN}], "retirements": []})]},
        ["PlanPool", "IsAnythingRetired", "StartLaunches", "StartLaunch", "LaunchAlreadyStarted", "PoolMaintained"],
    ),
    Case(
        "the plan fails",
        {"plan_pool": [raises("Conflict")]},
        ["PlanPool", "PoolNotMaintained"],
        error="Conflict",
    ),
    Case(
        "a launch cannot be started",
        {"plan_pool": [returns(plan(1))]},
        ["PlanPool", "IsAnythingRetired", "StartLaunches", "StartLaunch", "PoolNotMaintained"],
        error="StepFunctions.StateMachineDoesNotExistException",
        starts="nothing",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.desc)
def test_maintain_pool(rehearsal: Rehearsal, case: Case) -> None:
    if TAKEN in str(case.script):
        rehearsal.steps.start_execution(stateMachineArn=rehearsal.successor, name=TAKEN, input=json.dumps(BY_ANOTHER))
    played = rehearsal.play("maintain_pool", case, GIVEN)
    check(played, case, "maintain_pool")
    assert played.asked["plan_pool"] == [{"poolId": "demo"}]
    started, (_, planned) = rehearsal.started(), case.script["plan_pool"][0]
    if case.error is None:
        assert {launch["launchId"] for launch in planned["launches"]} <= set(started)
    assert started.get(TAKEN, BY_ANOTHER) == BY_ANOTHER


def test_each_launch_is_an_execution_named_after_it(rehearsal: Rehearsal) -> None:
    case = Case("two launches, two retirements", {"plan_pool": [returns(TWO)], "retire_instances": [returns({})]}, [])
    played = rehearsal.play("maintain_pool", case, GIVEN)
    assert played.status == "SUCCEEDED"
    assert played.asked["retire_instances"] == [{"poolId": "demo", "instanceIds": ["i-1", "i-2"]}]
    started = rehearsal.started()
    for launch in TWO["launches"]:
        assert started[launch["launchId"]] == launch


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("maintain_pool", CASES) == set()
