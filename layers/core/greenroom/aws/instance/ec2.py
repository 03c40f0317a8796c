"""EC2, limited to instances with the stack's tag. Errors are distinguished by their code, never by their text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from greenroom.aws.clients import client
from greenroom.domain.errors import AccountLimitReached, CapacityUnavailable, Conflict
from greenroom.domain.instance.offering import Refusal
from greenroom.ports.instance import Ec2Instance, Ec2State

STACK_TAG, POOL_TAG, LAUNCH_TAG = "greenroom:stack", "greenroom:pool", "greenroom:launch"
ORPHAN_TAG = "greenroom:orphan"
_UNKNOWN = frozenset({"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"})
_OTHER_STATE = "IncorrectInstanceState"
_NO_CAPACITY = frozenset({"InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity"})
"""Source: EC2 API, StartInstances."""


class AwsEc2:
    """ports.Ec2."""

    def __init__(self, stack_name: Callable[[], str]) -> None:
        """`stack_name`: the tag's value. Needed to find instances, not to change one by its id."""
        self._stack_name = stack_name

    def list_all(self) -> Sequence[Ec2Instance]:
        return self._described([_tagged(STACK_TAG, self._stack_name())])

    def list_of_launch(self, launch_id: str) -> Sequence[Ec2Instance]:
        return self._described([_tagged(STACK_TAG, self._stack_name()), _tagged(LAUNCH_TAG, launch_id)])

    def find(self, instance_id: str) -> Ec2Instance | None:
        # By id, not by filter: a filter reads an index, and what the index has not got (yet, or just now) looks gone.
        try:
            answer = client("ec2").describe_instances(InstanceIds=[instance_id])
        except ClientError as error:
            if error.response["Error"]["Code"] not in _UNKNOWN:
                raise
            return None
        found = (one for group in answer["Reservations"] for one in group["Instances"])
        return next((ec2_instance_of(one) for one in found if self._is_not_anothers(one)), None)

    def terminate(self, instance_id: str) -> None:
        try:
            client("ec2").terminate_instances(InstanceIds=[instance_id])
        except ClientError as error:
            if error.response["Error"]["Code"] not in _UNKNOWN:
                raise

    def stop(self, instance_id: str) -> None:
        try:
            client("ec2").stop_instances(InstanceIds=[instance_id])
        except ClientError as error:
            if error.response["Error"]["Code"] not in (_UNKNOWN | {_OTHER_STATE}):
                raise

    def start(self, instance_id: str) -> None:
        try:
            client("ec2").start_instances(InstanceIds=[instance_id])
        except ClientError as error:
            refusal = Refusal(error.response["Error"]["Code"], "", None)
            if refusal.code in (_UNKNOWN | {_OTHER_STATE}):
                raise Conflict("instance", instance_id) from error
            if refusal.is_account_limit:
                raise AccountLimitReached(refusal.code) from error
            if refusal.code in _NO_CAPACITY:
                raise CapacityUnavailable(refusal.code) from error
            raise

    def tag_orphan(self, instance_id: str) -> None:
        try:
            client("ec2").create_tags(Resources=[instance_id], Tags=[{"Key": ORPHAN_TAG, "Value": "true"}])
        except ClientError as error:
            if error.response["Error"]["Code"] not in _UNKNOWN:
                raise

    def _is_not_anothers(self, described: Mapping[str, Any]) -> bool:
        """Whether the instance may be ours. One without the tag may: somebody may have removed it."""
        tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}
        return STACK_TAG not in tags or tags[STACK_TAG] == self._stack_name()

    def _described(self, filters: list[dict[str, Any]]) -> list[Ec2Instance]:
        pages = client("ec2").get_paginator("describe_instances").paginate(Filters=filters)
        found = [one for page in pages for group in page["Reservations"] for one in group["Instances"]]
        return [ec2_instance_of(one) for one in found]


def _tagged(name: str, value: str) -> dict[str, Any]:
    return {"Name": f"tag:{name}", "Values": [value]}


def ec2_instance_of(described: Mapping[str, Any]) -> Ec2Instance:
    """One instance of a DescribeInstances answer."""
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}
    return Ec2Instance(
        instance_id=described["InstanceId"],
        state=Ec2State(described["State"]["Name"]),
        pool_id=tags.get(POOL_TAG, ""),
        launch_id=tags.get(LAUNCH_TAG, ""),
        instance_type=described.get("InstanceType", ""),
        zone=described.get("Placement", {}).get("AvailabilityZone", ""),
        market="spot" if described.get("InstanceLifecycle") == "spot" else "on-demand",
        launched_at=described["LaunchTime"].timestamp(),
        ended_by=described.get("StateReason", {}).get("Code", ""),
    )
