"""prepare_launch and abandon_launch at their edge: the order EC2 is asked in, what it asked and said, read back."""

from __future__ import annotations

from greenroom.domain.journal.launch import LaunchFailed
from greenroom.entry.instance.fleet_call import Stack, fleet_answer, fleet_arguments
from greenroom.usecases.instance.prepare_launch import prepare_launch
from greenroom.usecases.instance.record_refusals import record_refusals
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.launching import SUBNETS, planned, policy, refused, requested
from tests.fakes.stage import stage
from tests.fakes.store import change_pool
from tests.functions.invocations import handle_of

STAGE = Stack("lt-1", "greenroom")


def house(*types: str) -> FakePorts:
    ports = stage(0)
    policy(ports, always_on=1)
    change_pool(ports, instance_types=types)
    return ports


def test_on_demand_is_asked_cheapest_first_and_what_was_refused_lately_last() -> None:
    ports = house("g5.xlarge", "g6.xlarge")
    record_refusals("demo", refused("InsufficientInstanceCapacity", market="on-demand"), ports)
    ports.time += 300
    prepared = prepare_launch("demo", planned(ports).launch_id, SUBNETS, ports)
    arguments = fleet_arguments(prepared.on_demand, STAGE)
    assert arguments is not None
    assert arguments["OnDemandOptions"] == {"AllocationStrategy": "prioritized"}
    (config,) = arguments["LaunchTemplateConfigs"]
    assert [(each["InstanceType"], each["SubnetId"], each["Priority"]) for each in config["Overrides"]] == [
        ("g6.xlarge", "subnet-a", 0),
        ("g6.xlarge", "subnet-b", 0),
        ("g5.xlarge", "subnet-b", 1),
        ("g5.xlarge", "subnet-a", 2),
    ]
    spot = fleet_arguments(prepared.spot, STAGE)
    assert spot is not None
    assert all("Priority" not in each for each in spot["LaunchTemplateConfigs"][0]["Overrides"])


def test_what_was_asked_comes_back_with_the_answer_also_when_jsonata_made_one_of_a_list() -> None:
    one = {"InstanceType": "g5.xlarge", "SubnetId": "subnet-a"}
    error = {"ErrorCode": "UnfulfillableCapacity", "ErrorMessage": "no"}
    answer = fleet_answer({"market": "spot", "asked": one, "fleet": {"Errors": error}})
    assert [(each.market, [one.key for one in each.offerings]) for each in answer.asked] == [
        ("spot", ["g5.xlarge#subnet-a#spot"])
    ]
    (refusal,) = answer.refusals
    assert (refusal.offering, refusal.asked_of) == (None, "spot")


def test_what_ec2_said_of_a_whole_call_is_kept_short() -> None:
    ports = house("g5.xlarge")
    launch_id = requested(ports).launch_id
    about = {"poolId": "demo", "launchId": launch_id, "attempts": []}
    handle_of("abandon_launch")({**about, "error": "Ec2.Ec2Exception", "fault": "x" * 5000}, ports)
    (entry,) = ports.memory.entries(LaunchFailed)
    assert (entry.fault, entry.attempts) == ("x" * 500, ())
