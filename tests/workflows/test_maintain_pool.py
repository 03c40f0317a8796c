"""Every outcome and every Catch of maintain_pool."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.workflows.rehearsal import Case, Json, Rehearsal, check, raises, returns, untaken

GIVEN = {"detail-type": "PoolChanged", "detail": {"poolId": "demo", "cause": "test"}}
TAKEN, BY_ANOTHER = "lch-taken", {"by": "another pass"}


def plan(
    launches: int = 0, starts: tuple[str, ...] = (), stops: tuple[str, ...] = (), retirements: tuple[str, ...] = ()
) -> Json:
    names = [f"lch-{uuid.uuid4()}" for _ in range(launches)]
    rows = [{"poolId": "demo", "launchId": each} for each in names]
    return {"launches": rows, "starts": list(starts), "stops": list(stops), "retirements": list(retirements)}


ALL = plan(2, ("i-1",), ("i-2", "i-3"), ("i-4",))
BEGIN, END = ["PlanPool", "FollowPlan"], ["StartLaunches", "PoolMaintained"]
LAUNCHED = ["StartLaunches", "StartLaunch", "LaunchStarted", "PoolMaintained"]
FOLLOWED = [returns({})]
CASES = [
    Case("nothing to do", {"plan_pool": [returns(plan())], "follow_plan": FOLLOWED}, [*BEGIN, *END]),
    Case("one launch is started", {"plan_pool": [returns(plan(1))], "follow_plan": FOLLOWED}, [*BEGIN, *LAUNCHED]),
    Case(
        "instances are started, stopped and retired, and launches go on",
        {"plan_pool": [returns(plan(1, ("i-1",), ("i-2",), ("i-3",)))], "follow_plan": FOLLOWED},
        [*BEGIN, *LAUNCHED],
    ),
    Case(
        "what cannot be started, stopped or retired now holds up no launch",
        {"plan_pool": [returns(plan(1, ("i-1",), ("i-2",), ("i-3",)))], "follow_plan": [raises("Conflict")]},
        [*BEGIN, *LAUNCHED],
    ),
    Case(
        "a plan is followed again while its tables are busy",
        {"plan_pool": [returns(plan(1, ("i-1",)))], "follow_plan": [raises("StoreBusy"), returns({})]},
        [*BEGIN, *LAUNCHED],
        retried=True,
    ),
    Case(
        "a launch that runs already is not started twice",
        {
            "plan_pool": [returns({**plan(), "launches": [{"poolId": "demo", "launchId": TAKEN}]})],
            "follow_plan": FOLLOWED,
        },
        [*BEGIN, *LAUNCHED],
    ),
    Case(
        "the plan fails",
        {"plan_pool": [raises("Conflict")]},
        ["PlanPool", "PoolNotMaintained"],
        error="Conflict",
    ),
    Case(
        "a launch cannot be started",
        {"plan_pool": [returns(plan(1))], "follow_plan": FOLLOWED},
        [*BEGIN, "StartLaunches", "StartLaunch", "PoolNotMaintained"],
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


def test_each_launch_is_an_execution_named_after_it_and_each_list_reaches_the_function(rehearsal: Rehearsal) -> None:
    script = {"plan_pool": [returns(ALL)], "follow_plan": FOLLOWED}
    played = rehearsal.play("maintain_pool", Case("all at once", script, []), GIVEN)
    assert played.status == "SUCCEEDED"
    assert played.asked["follow_plan"] == [
        {"poolId": "demo", "starts": ["i-1"], "stops": ["i-2", "i-3"], "retirements": ["i-4"]}
    ]
    started = rehearsal.started()
    for launch in ALL["launches"]:
        assert started[launch["launchId"]] == launch


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("maintain_pool", CASES) == set()
