"""Mend iam_resources: a role may name the machine, schedule group or instance tag it is for, and nothing more."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.engine.conftest import eventually

AS_ROLE = Callable[..., Callable[[str], Any]]


@pytest.fixture
def as_role(aws: Any) -> AS_ROLE:
    """Clients that may do only what one statement says: `as_role(Action=…, Resource=…)("ec2")`."""

    def assume(**statement: Any) -> Callable[[str], Any]:
        name, iam = f"role-{uuid.uuid4()}", aws.client("iam")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        rights = policy({"Effect": "Allow", **statement})
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=rights)
        keys = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1"
        )
        return lambda service: session.client(service, endpoint_url=aws.engine.endpoint_url)

    return assume


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(call: Callable[[], Any]) -> bool:
    """Whether IAM refused the call."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDeniedException", "UnauthorizedOperation"):
            raise
        return True
    return False


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
    stranger = as_role(Action="states:SendTaskSuccess", Resource=f"{arn}-other")("stepfunctions")
    assert refused(lambda: stranger.send_task_success(**answer))
    own = as_role(Action="states:SendTaskSuccess", Resource=arn)("stepfunctions")
    assert not refused(lambda: own.send_task_success(**answer))
    aws.ended(execution)
    with pytest.raises(own.exceptions.TaskTimedOut):  # the service's answer to a late one, not IAM's
        own.send_task_success(**answer)


def test_a_role_may_schedule_in_the_group_it_names_and_no_other(aws: Any, as_role: AS_ROLE) -> None:
    group, scheduler = f"group-{uuid.uuid4()}", aws.client("scheduler")
    scheduler.create_schedule_group(Name=group)
    rights = {
        "Action": ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
        "Resource": f"arn:aws:scheduler:us-east-1:000000000000:schedule/{group}/*",
    }
    own = as_role(**rights)("scheduler")
    role = aws.client("iam").create_role(
        RoleName=f"for-{group}",
        AssumeRolePolicyDocument=policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}
        ),
    )["Role"]["Arn"]
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
    role = as_role(
        Action="ec2:TerminateInstances",
        Resource="arn:aws:ec2:us-east-1:000000000000:instance/*",
        Condition={"StringEquals": {"aws:ResourceTag/greenroom:stack": "mine"}},
    )("ec2")
    assert refused(lambda: role.terminate_instances(InstanceIds=[foreign]))
    assert not refused(lambda: role.terminate_instances(InstanceIds=[own]))
