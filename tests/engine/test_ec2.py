"""Mends ec2_states, ec2_fleet, ec2_filters: a market that can say no, launches that happen once, states that last."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engine.conftest import eventually


def create_fleet(aws: Any, *, market: str = "spot", count: int = 1, token: str | None = None, **more: Any) -> Any:
    return aws.client("ec2").create_fleet(
        Type="instant",
        TargetCapacitySpecification={"TotalTargetCapacity": count, "DefaultTargetCapacityType": market},
        LaunchTemplateConfigs=[
            {
                "LaunchTemplateSpecification": {
                    "LaunchTemplateId": aws.outputs["LaunchTemplateId"],
                    "Version": "$Latest",
                },
                "Overrides": [
                    {"InstanceType": "g4dn.xlarge", "SubnetId": aws.outputs["SubnetB"], "Priority": 2},
                    {"InstanceType": "g5.xlarge", "SubnetId": aws.outputs["SubnetA"], "Priority": 1},
                ],
            }
        ],
        TagSpecifications=[
            {"ResourceType": kind, "Tags": [{"Key": "launchId", "Value": "lch-1"}]} for kind in ("instance", "volume")
        ],
        **({"ClientToken": token} if token else {}),
        **more,
    )


def ids(fleet: Any) -> list[str]:
    return [instance_id for item in fleet["Instances"] for instance_id in item["InstanceIds"]]


def describe(aws: Any, instance_id: str) -> Any:
    return aws.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def test_an_instance_says_where_it_is_and_what_it_is_for(aws: Any) -> None:
    fleet = create_fleet(aws)
    assert fleet["Instances"][0]["InstanceType"] == "g5.xlarge"
    assert fleet["Instances"][0]["Lifecycle"] == "spot"
    assert fleet["Instances"][0]["LaunchTemplateAndOverrides"]["Overrides"]["SubnetId"] == aws.outputs["SubnetA"]
    instance = describe(aws, ids(fleet)[0])
    assert instance["InstanceLifecycle"] == "spot"
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1a"
    assert instance["SubnetId"] == aws.outputs["SubnetA"]
    assert instance["Tags"] == [{"Key": "launchId", "Value": "lch-1"}]
    volume = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    tags = aws.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]["Tags"]
    assert tags == [{"Key": "launchId", "Value": "lch-1"}]
    on_demand = describe(aws, ids(create_fleet(aws, market="on-demand"))[0])
    assert "InstanceLifecycle" not in on_demand


def test_asking_for_a_stranger_finds_nobody(aws: Any) -> None:
    ec2 = aws.client("ec2")
    (own,) = create_fleet(aws)["Instances"][0]["InstanceIds"]

    def found(instance_id: str) -> list[str]:
        answer = ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [instance_id]}])
        return [each["InstanceId"] for group in answer["Reservations"] for each in group["Instances"]]

    assert found(own) == [own]
    assert found("i-0000000000000000f") == []


def test_a_client_token_launches_once(aws: Any) -> None:
    first, again = create_fleet(aws, token="lch-2-1"), create_fleet(aws, token="lch-2-1")
    assert ids(first) == ids(again)
    assert first["FleetId"] == again["FleetId"]
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        create_fleet(aws, token="lch-2-1", count=2)


def test_the_next_offering_is_taken_when_one_has_no_capacity(aws: Any, market: Callable[..., None]) -> None:
    market({"instanceType": "g5.xlarge", "zone": "us-east-1a", "market": "spot", "free": 1})
    fleet = create_fleet(aws, count=2)
    assert [item["InstanceType"] for item in fleet["Instances"]] == ["g5.xlarge", "g4dn.xlarge"]
    assert describe(aws, fleet["Instances"][1]["InstanceIds"][0])["Placement"]["AvailabilityZone"] == "us-east-1b"
    [error] = fleet["Errors"]
    assert error["ErrorCode"] == "InsufficientInstanceCapacity"
    assert error["LaunchTemplateAndOverrides"]["Overrides"]["InstanceType"] == "g5.xlarge"


def test_a_market_without_spot_still_sells_on_demand(aws: Any, market: Callable[..., None]) -> None:
    market({"market": "spot", "free": 0, "error": "MaxSpotInstanceCountExceeded"})
    refused = create_fleet(aws)
    assert refused["Instances"] == []
    assert {error["ErrorCode"] for error in refused["Errors"]} == {"MaxSpotInstanceCountExceeded"}
    assert len(ids(create_fleet(aws, market="on-demand"))) == 1


def test_below_its_minimum_a_fleet_takes_nothing(aws: Any, market: Callable[..., None]) -> None:
    market({"free": 2, "error": "VcpuLimitExceeded"})
    assert create_fleet(aws, count=3, SpotOptions={"MinTargetCapacity": 3})["Instances"] == []
    assert len(ids(create_fleet(aws, count=3))) == 2  # nothing was used up


@pytest.fixture
def slow_starts(aws: Any) -> Iterator[None]:
    """Instances stay pending long enough to be seen, however busy this computer is."""
    before = aws.engine.control("GET", "ec2")["times"]
    aws.engine.control("PUT", "ec2", {"times": {"pending_s": 3}})
    yield
    aws.engine.control("PUT", "ec2", {"times": before})


@pytest.mark.usefixtures("slow_starts")
def test_an_instance_passes_through_its_states_and_the_bus_hears_of_each(aws: Any) -> None:
    ec2 = aws.client("ec2")
    instance_id = ids(create_fleet(aws))[0]
    assert describe(aws, instance_id)["State"]["Name"] == "pending"
    eventually(lambda: describe(aws, instance_id)["State"]["Name"] == "running", within_s=10)
    [change] = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "shutting-down")
    eventually(lambda: describe(aws, instance_id)["State"]["Name"] == "terminated", within_s=3)
    for state in ("pending", "running", "shutting-down", "terminated"):
        told = {"instance-id": instance_id, "state": state}
        event = aws.told(lambda event, told=told: event["detail"] == told)
        assert event["detail-type"] == "EC2 Instance State-change Notification"
    assert ec2.terminate_instances(InstanceIds=[instance_id])  # ending the ended is no error


def test_a_machine_gets_the_same_answer_as_an_sdk(aws: Any, market: Callable[..., None]) -> None:
    market({"instanceType": "g5.xlarge", "free": 0})
    execution = aws.execute("fleet", template=aws.outputs["LaunchTemplateId"], market="spot", name="lch-3")
    fleet = json.loads(execution["output"])["was"]
    [item] = fleet["Instances"]
    assert item["InstanceType"] == "g4dn.xlarge"
    [error] = fleet["Errors"]
    assert error["ErrorCode"] == "InsufficientInstanceCapacity"
    assert describe(aws, item["InstanceIds"][0])["Tags"] == [{"Key": "launchId", "Value": "lch-3"}]


def test_the_lab_watches_instances_and_ends_them_as_a_machine_would(aws: Any) -> None:
    before = aws.engine.control("GET", "ec2/instances")["revision"]
    instance_id = ids(create_fleet(aws))[0]
    after = aws.engine.control("GET", f"ec2/instances?after={before}&wait_s=5")
    [seen] = [instance for instance in after["instances"] if instance["instanceId"] == instance_id]
    assert (seen["market"], seen["zone"], seen["tags"]) == ("spot", "us-east-1a", {"launchId": "lch-1"})
    assert seen["userData"]
    aws.engine.control("POST", f"ec2/instances/{instance_id}/state", {"state": "terminated"})
    assert describe(aws, instance_id)["State"]["Name"] == "terminated"


def test_only_the_lab_speaks_for_aws_on_the_default_bus(aws: Any) -> None:
    entry = {"Source": "aws.ec2", "DetailType": "EC2 Spot Instance Interruption Warning", "Detail": "{}"}
    refused = aws.client("events").put_events(Entries=[entry])
    assert refused["FailedEntryCount"] == 1
    detail = {"instance-id": "i-00000000000000001", "instance-action": "terminate"}
    aws.engine.control("POST", "events", {"source": "aws.ec2", "detailType": entry["DetailType"], "detail": detail})
    assert aws.told(lambda event: event["detail"] == detail)["detail-type"] == entry["DetailType"]


def test_a_launch_templates_versions_can_be_read(aws: Any) -> None:
    [version] = aws.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=aws.outputs["LaunchTemplateId"], Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"]["UserData"]


def test_a_list_leaves_out_what_the_door_names_and_its_id_still_finds_it(aws: Any) -> None:
    ec2 = aws.client("ec2")
    [instance_id] = ids(create_fleet(aws))
    aws.engine.control("POST", f"ec2/instances/{instance_id}/omissions", {"lists": 2})
    tagged = [{"Name": "tag:launchId", "Values": ["lch-1"]}, {"Name": "instance-id", "Values": [instance_id]}]
    assert describe(aws, instance_id)["InstanceId"] == instance_id
    assert [len(ec2.describe_instances(Filters=tagged)["Reservations"]) for _ in range(3)] == [0, 0, 1]
