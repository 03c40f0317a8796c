"""Mend ec2_power, and the market's `limit`: stopping, starting, and room for as many as there may be at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engine.conftest import eventually
from tests.engine.test_ec2 import create_fleet, describe, ids


def until(aws: Any, instance_id: str, state: str) -> Any:
    eventually(lambda: describe(aws, instance_id)["State"]["Name"] == state, within_s=5)
    return describe(aws, instance_id)


def stopped(aws: Any) -> str:
    [instance_id] = ids(create_fleet(aws, market="on-demand"))
    until(aws, instance_id, "running")
    aws.client("ec2").stop_instances(InstanceIds=[instance_id])
    until(aws, instance_id, "stopped")
    return instance_id


def test_a_stopped_instance_is_listed_with_its_tags_and_starts_with_another_address(aws: Any) -> None:
    ec2, instance_id = aws.client("ec2"), stopped(aws)
    before = describe(aws, instance_id)
    assert before["Tags"] == [{"Key": "launchId", "Value": "lch-1"}]
    tagged = [{"Name": "tag:launchId", "Values": ["lch-1"]}, {"Name": "instance-state-name", "Values": ["stopped"]}]
    found = [each for group in ec2.describe_instances(Filters=tagged)["Reservations"] for each in group["Instances"]]
    assert instance_id in [each["InstanceId"] for each in found]
    ec2.start_instances(InstanceIds=[instance_id])
    after = until(aws, instance_id, "running")
    assert after["PublicIpAddress"] != before["PublicIpAddress"]
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["LaunchTime"] >= before["LaunchTime"]


def test_a_start_needs_capacity(aws: Any, market: Callable[..., None]) -> None:
    ec2, instance_id = aws.client("ec2"), stopped(aws)
    market({"market": "on-demand", "free": 0})
    with pytest.raises(ClientError) as refused:
        ec2.start_instances(InstanceIds=[instance_id])
    assert refused.value.response["Error"]["Code"] == "InsufficientInstanceCapacity"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert describe(aws, instance_id)["State"]["Name"] == "stopped"
    market({"market": "on-demand", "free": 0, "error": "VcpuLimitExceeded"})
    with pytest.raises(ClientError, match="VcpuLimitExceeded"):
        ec2.start_instances(InstanceIds=[instance_id])
    market()
    ec2.start_instances(InstanceIds=[instance_id])
    until(aws, instance_id, "running")


def test_a_spot_instance_cannot_be_stopped(aws: Any) -> None:
    [instance_id] = ids(create_fleet(aws, market="spot"))
    with pytest.raises(ClientError, match="UnsupportedOperation"):
        aws.client("ec2").stop_instances(InstanceIds=[instance_id])


def test_one_unknown_id_stops_nobody(aws: Any) -> None:
    [instance_id] = ids(create_fleet(aws, market="on-demand"))
    until(aws, instance_id, "running")
    with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
        aws.client("ec2").stop_instances(InstanceIds=[instance_id, "i-0000000000000000f"])
    assert describe(aws, instance_id)["State"]["Name"] == "running"


def test_an_ended_or_stopped_instance_makes_room_where_the_rule_is_a_limit(
    aws: Any, market: Callable[..., None]
) -> None:
    # A size of its own: instances of the other tests count against a limit as long as they run.
    ec2, offering = aws.client("ec2"), {"zone": "us-east-1b", "market": "on-demand"}
    before = launched_in_b(aws)
    market({"instanceType": "g5.xlarge", "free": 0}, {**offering, "limit": len(before) + 1})
    [first] = ids(create_fleet(aws, market="on-demand"))
    refused = create_fleet(aws, market="on-demand")
    assert ids(refused) == []
    assert "InsufficientInstanceCapacity" in {error["ErrorCode"] for error in refused["Errors"]}
    until(aws, first, "running")
    ec2.stop_instances(InstanceIds=[first])
    until(aws, first, "stopped")
    [second] = ids(create_fleet(aws, market="on-demand"))
    with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
        ec2.start_instances(InstanceIds=[first])
    ec2.terminate_instances(InstanceIds=[second])
    until(aws, second, "terminated")
    ec2.start_instances(InstanceIds=[first])
    until(aws, first, "running")


def launched_in_b(aws: Any) -> list[str]:
    """On-demand instances that hold capacity in zone b."""
    alive = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "shutting-down"]}
    zone = {"Name": "subnet-id", "Values": [aws.outputs["SubnetB"]]}
    found = aws.client("ec2").describe_instances(Filters=[alive, zone])["Reservations"]
    each = [instance for group in found for instance in group["Instances"]]
    in_b = [one for one in each if one["Placement"]["AvailabilityZone"] == "us-east-1b"]
    return [one["InstanceId"] for one in in_b if "InstanceLifecycle" not in one]


def test_an_instance_that_ec2_ends_goes_through_both_states(aws: Any) -> None:
    [instance_id] = ids(create_fleet(aws))
    until(aws, instance_id, "running")
    aws.engine.control("POST", f"ec2/instances/{instance_id}/state", {"state": "shutting-down"})
    for state in ("shutting-down", "terminated"):
        told = {"instance-id": instance_id, "state": state}
        assert aws.told(lambda event, told=told: event["detail"] == told)
