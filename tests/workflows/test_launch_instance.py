"""Every outcome and every Catch of launch_instance, against the embedded EC2 and its market."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from greenroom.domain.instance.launch import BOOT_TIMEOUT_S, MOST_BOOT_TIMEOUT_S
from greenroom.entry.instance.fleet_call import fleet_answer

from tests.architecture.reading import state_machine
from tests.workflows.rehearsal import KEEPS, Case, Json, Rehearsal, check, raises, returns, untaken, wakes

LAUNCH = "lch-abcdefghijklmnopqrstuvwx24"
GIVEN = {"poolId": "demo", "launchId": LAUNCH}
REFUSED = "InsufficientInstanceCapacity"
REGISTERED = wakes({"launchId": LAUNCH, "fact": "registered"})
BY_SPOT = ["PrepareLaunch", "IsSpotWanted", "LaunchSpot", "WasSpotFulfilled"]
BY_DEMAND = ["LaunchOnDemand", "WasOnDemandFulfilled"]
READY = ["RecordAndAwaitRegistration", "InstanceReady"]
UNDONE = ["AbandonLaunch", "LaunchFailed"]
DONE = [returns({})]
NO_TEMPLATE = "lt-0000000000000000f"
OVERRIDES = {
    "spot": [{"InstanceType": "g5.xlarge"}, {"InstanceType": "g6.xlarge"}],
    "on-demand": [{"InstanceType": "g5.xlarge"}],
}
"""JSONata makes one thing of a list of one: both kinds are asked for."""


def fleet(market: str, template: str = "TEMPLATE") -> Json:
    """A CreateFleet request for one instance."""
    return {
        "Type": "instant",
        "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": market},
        "LaunchTemplateConfigs": [
            {
                "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "$Latest"},
                "Overrides": OVERRIDES[market],
            }
        ],
    }


BOTH = returns({"spot": fleet("spot"), "onDemand": fleet("on-demand")})
ONLY_SPOT = returns({"spot": fleet("spot"), "onDemand": None})
ONLY_DEMAND = returns({"spot": None, "onDemand": fleet("on-demand")})
BROKEN_SPOT = returns({"spot": fleet("spot", NO_TEMPLATE), "onDemand": fleet("on-demand")})
BROKEN_DEMAND = returns({"spot": None, "onDemand": fleet("on-demand", NO_TEMPLATE)})

CASES: list[tuple[Case, list[str]]] = [
    (
        Case("Spot has capacity", {"prepare_launch": [BOTH], "await_registration": [REGISTERED]}, [*BY_SPOT, *READY]),
        [],
    ),
    (
        Case(
            "Spot refuses: on-demand is asked",
            {"prepare_launch": [BOTH], "await_registration": [REGISTERED]},
            [*BY_SPOT, *BY_DEMAND, *READY],
        ),
        ["spot"],
    ),
    (
        Case(
            "a pool without Spot asks on-demand at once",
            {"prepare_launch": [ONLY_DEMAND], "await_registration": [REGISTERED]},
            [*BY_SPOT[:2], *BY_DEMAND, *READY],
        ),
        [],
    ),
    (
        Case(
            "Spot refuses and the pool wants nothing else",
            {"prepare_launch": [ONLY_SPOT], "abandon_launch": DONE},
            [*BY_SPOT, *UNDONE],
            error="CapacityUnavailable",
        ),
        ["spot"],
    ),
    (
        Case(
            "nobody has capacity",
            {"prepare_launch": [BOTH], "abandon_launch": DONE},
            [*BY_SPOT, *BY_DEMAND, *UNDONE],
            error="CapacityUnavailable",
        ),
        ["spot", "on-demand"],
    ),
    (
        Case(
            "the agent never registers",
            {"prepare_launch": [BOTH], "await_registration": [KEEPS], "abandon_launch": DONE},
            [*BY_SPOT, READY[0], *UNDONE],
            error="States.Timeout",
            timeouts={"RecordAndAwaitRegistration": 1},
        ),
        [],
    ),
    (
        Case(
            "the launch cannot be prepared",
            {"prepare_launch": [raises("NotFound")], "abandon_launch": DONE},
            ["PrepareLaunch", *UNDONE],
            error="NotFound",
        ),
        [],
    ),
    (
        Case(
            "EC2 refuses the Spot request itself",
            {"prepare_launch": [BROKEN_SPOT], "abandon_launch": DONE},
            [*BY_SPOT[:3], *UNDONE],
            error="Ec2.Ec2Exception",
        ),
        [],
    ),
    (
        Case(
            "EC2 refuses the on-demand request itself",
            {"prepare_launch": [BROKEN_DEMAND], "abandon_launch": DONE},
            [*BY_SPOT[:2], BY_DEMAND[0], *UNDONE],
            error="Ec2.Ec2Exception",
        ),
        [],
    ),
    (
        Case(
            "the undo fails too: its deadline passes and the reaper undoes it",
            {"prepare_launch": [raises("NotFound")], "abandon_launch": [raises("Conflict")]},
            ["PrepareLaunch", *UNDONE],
            error="Conflict",
        ),
        [],
    ),
]


@pytest.fixture(scope="module")
def template_id(rehearsal: Rehearsal) -> str:
    data = {"ImageId": "ami-0c2023a1b2c3d4e5f", "InstanceType": "g5.xlarge"}
    made = rehearsal.client("ec2").create_launch_template(LaunchTemplateName="rehearsal", LaunchTemplateData=data)
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


@pytest.fixture
def refuse(rehearsal: Rehearsal) -> Iterator[Callable[[list[str]], None]]:
    """Make these markets refuse; afterwards there is capacity again."""

    def refuse_in(markets: list[str]) -> None:
        rules = [{"market": market, "free": 0, "error": REFUSED} for market in markets]
        rehearsal.engine.control("PUT", "ec2", {"rules": rules})

    yield refuse_in
    refuse_in([])


def with_template(value: Any, template_id: str) -> Any:
    if isinstance(value, dict):
        return {key: with_template(inner, template_id) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(with_template(inner, template_id) for inner in value)
    return template_id if value == "TEMPLATE" else value


@pytest.mark.parametrize(("case", "refusing"), CASES, ids=[case.desc for case, _ in CASES])
def test_launch_instance(
    rehearsal: Rehearsal, template_id: str, refuse: Callable[[list[str]], None], case: Case, refusing: list[str]
) -> None:
    refuse(refusing)
    script = with_template(dict(case.script), template_id)
    ready = Case(case.desc, script, case.path, case.error, case.timeouts)
    played = rehearsal.play("launch_instance", ready, GIVEN)
    check(played, case, "launch_instance")
    for calls in played.asked.values():
        assert (calls[0]["poolId"], calls[0]["launchId"]) == ("demo", LAUNCH)
    made = [state for state in case.path if state in ("LaunchSpot", "LaunchOnDemand")]
    call = (played.asked.get("await_registration") or played.asked["abandon_launch"])[0]
    told = call["attempts"]
    if case.error == "Ec2.Ec2Exception":
        assert told == []
        assert NO_TEMPLATE in call["fault"], "what EC2 said is kept for people"
        return
    assert [attempt["market"] for attempt in told] == [
        {"LaunchSpot": "spot", "LaunchOnDemand": "on-demand"}[m] for m in made
    ]
    for attempt in told:
        was_refused = attempt["market"] in refusing
        assert bool(attempt["fleet"]["Instances"]) != was_refused
        codes = {error["ErrorCode"] for error in attempt["fleet"]["Errors"]}
        assert codes == ({REFUSED} if was_refused else set())
    calls = [(each.market, [one.instance_type for one in each.offerings]) for each in fleet_answer(told).asked]
    assert calls == [(each["market"], [one["InstanceType"] for one in OVERRIDES[each["market"]]]) for each in told]


def test_a_throttled_call_is_made_again_and_counts_as_no_refusal(rehearsal: Rehearsal, template_id: str) -> None:
    rehearsal.engine.control("PUT", "account", {"throttled": {"CreateFleet": 2}})
    script = with_template({"prepare_launch": [BOTH], "await_registration": [REGISTERED]}, template_id)
    case = Case("throttled", script, [*BY_SPOT, *READY], retried=True)
    try:
        played = rehearsal.play("launch_instance", case, GIVEN)
        left = rehearsal.engine.control("GET", "account")["throttled"]
    finally:
        rehearsal.engine.control("PUT", "account", {"throttled": {}})
    assert left.get("CreateFleet", 0) == 0
    check(played, case, "launch_instance")
    (attempt,) = played.asked["await_registration"][0]["attempts"]
    assert (attempt["market"], attempt["fleet"]["Errors"]) == ("spot", [])


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("launch_instance", [case for case, _ in CASES]) == set()


def test_the_machine_waits_longer_than_any_boot_may_take() -> None:
    wait = state_machine("launch_instance")["States"]["RecordAndAwaitRegistration"]["TimeoutSeconds"]
    assert wait > MOST_BOOT_TIMEOUT_S >= BOOT_TIMEOUT_S
