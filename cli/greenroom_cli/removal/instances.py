"""CreateFleet's instances are no resources of the stack: deleting the stack alone would leave them running for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError

from greenroom_cli.aws.account import STACK_TAG, Account
from greenroom_cli.failures import CommandFailed

INSTANCES_GONE_S = 900.0
POLL_S = 1.0
LIVING = ["pending", "running", "shutting-down", "stopping", "stopped"]
UNKNOWN = "InvalidInstanceID.NotFound"


class InstancesRemain(CommandFailed):
    """EC2 does not say of all of them that they are terminated."""


def end_instances(account: Account, stack_name: str, sleep: Callable[[float], None] = time.sleep) -> int:
    """Terminate everything tagged with this stack, until EC2 says of each that it is. Returns how many there were.

    A list may leave out for a while what it showed before, so whatever was seen once is also asked for by its id.
    Raises: InstancesRemain; ClientError, BotoCoreError.
    """
    ec2 = account.client("ec2")
    seen = living = _tagged(ec2, stack_name)
    ends = time.monotonic() + INSTANCES_GONE_S
    while living:
        for instance_id in sorted(living):  # one by one: a single unknown id fails a whole call
            _terminate(ec2, instance_id)
        if time.monotonic() > ends:
            shown = ", ".join(sorted(living))
            raise InstancesRemain("instances are still there", shown, "look at them in EC2, and run it again")
        sleep(POLL_S)
        listed = _tagged(ec2, stack_name)
        living = listed | {each for each in seen - listed if _lives(ec2, each)}
        seen = seen | listed
    return len(seen)


def _tagged(ec2: Any, stack_name: str) -> frozenset[str]:
    filters = [{"Name": f"tag:{STACK_TAG}", "Values": [stack_name]}, {"Name": "instance-state-name", "Values": LIVING}]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters)
    return frozenset(each["InstanceId"] for page in pages for each in _instances(page))


def _terminate(ec2: Any, instance_id: str) -> None:
    try:
        ec2.terminate_instances(InstanceIds=[instance_id])
    except ClientError as error:
        if error.response["Error"]["Code"] != UNKNOWN:
            raise


def _lives(ec2: Any, instance_id: str) -> bool:
    try:
        found = list(_instances(ec2.describe_instances(InstanceIds=[instance_id])))
    except ClientError as error:
        if error.response["Error"]["Code"] != UNKNOWN:
            raise
        return False
    return any(each["State"]["Name"] in LIVING for each in found)


def _instances(answer: Any) -> Iterable[Any]:
    return (each for group in answer["Reservations"] for each in group["Instances"])
