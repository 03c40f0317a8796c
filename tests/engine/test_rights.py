"""Mend iam_resources: a role may name the machine, schedule group or instance tag it is for, and nothing more."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.conftest import Clients, allow, eventually, policy, refused

AS_ROLE = Callable[..., Clients]


def kept_token(aws: Any) -> tuple[str, str]:
    """An execution that waits, and its token."""
    execution = aws.start("token", name=f"token-{uuid.uuid4()}", do="keep")
    key = {"pk": {"S": "token"}, "sk": {"S": execution}}
    table = aws.client("dynamodb")
    row = eventually(lambda: table.get_item(TableName=aws.outputs["Table"], Key=key).get("Item"), within_s=8)
    return execution, row["token"]["S"]


def test_a_role_may_answer_the_machine_it_names_and_no_other(aws: Any, as_role: AS_ROLE) -> None:
    arn = aws.outputs["MachineArn"]
    execution, token = kept_token(aws)
    answer = {"taskToken": token, "output": "{}"}
    stranger = as_role(allow("states:SendTaskSuccess", f"{arn}-other"))("stepfunctions")
    assert refused(lambda: stranger.send_task_success(**answer))
    own = as_role(allow("states:SendTaskSuccess", arn))("stepfunctions")
    assert not refused(lambda: own.send_task_success(**answer))
    aws.ended(execution)
    with pytest.raises(own.exceptions.TaskTimedOut):  # the service's answer to a late one, not IAM's
        own.send_task_success(**answer)


def test_a_role_may_schedule_in_the_group_it_names_and_no_other(aws: Any, as_role: AS_ROLE) -> None:
    group, scheduler = f"group-{uuid.uuid4()}", aws.client("scheduler")
    scheduler.create_schedule_group(Name=group)
    role = aws.client("iam").create_role(
        RoleName=f"for-{group}",
        AssumeRolePolicyDocument=policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}
        ),
    )["Role"]["Arn"]
    mine = f"arn:aws:scheduler:us-east-1:000000000000:schedule/{group}/*"
    rights = allow(["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], mine)
    own = as_role(rights, allow("iam:PassRole", role))("scheduler")
    schedule = {
        "Name": "later",
        "ScheduleExpression": "at(2099-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": aws.outputs["MachineArn"], "RoleArn": role, "Input": "{}"},
    }
    assert refused(lambda: own.create_schedule(**schedule))
    assert not refused(lambda: own.create_schedule(**schedule, GroupName=group))
    assert not refused(lambda: own.delete_schedule(Name="later", GroupName=group))


def test_a_role_may_terminate_what_carries_its_tag_and_nothing_else(aws: Any, as_role: AS_ROLE) -> None:
    ec2 = aws.client("ec2")

    def launch(stack: str) -> str:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "greenroom:stack", "Value": stack}]}]
        made = ec2.run_instances(
            ImageId="ami-1", InstanceType="g5.xlarge", MinCount=1, MaxCount=1, TagSpecifications=tags
        )
        return str(made["Instances"][0]["InstanceId"])

    own, foreign = launch("mine"), launch("theirs")
    mine = {"aws:ResourceTag/greenroom:stack": "mine"}
    instances = "arn:aws:ec2:us-east-1:000000000000:instance/*"
    role = as_role(allow(["ec2:TerminateInstances", "ec2:CreateTags"], instances, StringEquals=mine))("ec2")
    orphan = [{"Key": "orphan", "Value": "true"}]
    assert refused(lambda: role.create_tags(Resources=[foreign], Tags=orphan))
    assert not refused(lambda: role.create_tags(Resources=[own], Tags=orphan))
    assert refused(lambda: role.terminate_instances(InstanceIds=[foreign]))
    assert refused(lambda: role.terminate_instances(InstanceIds=[own, foreign]))
    assert not refused(lambda: role.terminate_instances(InstanceIds=[own]))
