"""Mends machine_roles, launch_rights, target_roles: what services do for us, our roles must allow."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.conftest import Clients, Json, allow, eventually, refused

RUN = Callable[..., Json]


@pytest.fixture
def run_task(aws: Any, role_of: Callable[..., str]) -> RUN:
    """Run one task in a state machine that may do what the statements say; the ended execution."""

    def run(resource: str, arguments: Json, *statements: Json) -> Json:
        task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments}
        states = {"Act": {**task, "TimeoutSeconds": 10, "End": True}}
        arn = aws.client("stepfunctions").create_state_machine(
            name=f"one-{uuid.uuid4()}",
            definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": "Act", "States": states}),
            roleArn=role_of(*statements),
        )["stateMachineArn"]
        started = aws.client("stepfunctions").start_execution(stateMachineArn=arn, input="{}")
        ended: Json = aws.ended(started["executionArn"])
        return ended

    return run


TOKEN = "{% $states.context.Task.Token %}"


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("lambda:invoke", "Lambda.AWSLambdaException"),
        ("lambda:invoke.waitForTaskToken", "Lambda.AWSLambdaException"),
        ("states:startExecution", "StepFunctions.AWSStepFunctionsException"),
        ("events:putEvents", "EventBridge.AmazonEventBridgeException"),
    ],
)
def test_a_task_needs_a_right_of_its_machines_role(aws: Any, run_task: RUN, resource: str, error: str) -> None:
    out = aws.outputs
    entry = {"Source": "greenroom.rights", "DetailType": "Begun", "Detail": {}, "EventBusName": out["Bus"]}
    tasks: dict[str, tuple[Json, Json]] = {
        "lambda:invoke": (
            {"FunctionName": out["MisbehaveArn"], "Payload": {"do": "nothing"}},
            allow("lambda:InvokeFunction", out["MisbehaveArn"]),
        ),
        "lambda:invoke.waitForTaskToken": (
            {"FunctionName": out["MisbehaveArn"], "Payload": {"do": "answer", "token": TOKEN}},
            allow("lambda:InvokeFunction", out["MisbehaveArn"]),
        ),
        "states:startExecution": (
            {"StateMachineArn": out["MachineArn"], "Input": {"case": "none"}},
            allow("states:StartExecution", out["MachineArn"]),
        ),
        "events:putEvents": (
            {"Entries": [entry]},
            allow("events:PutEvents", out["BusArn"], StringEquals={"events:detail-type": "Begun"}),
        ),
    }
    arguments, right = tasks[resource]
    assert run_task(resource, arguments, right)["status"] == "SUCCEEDED"
    ended = run_task(resource, arguments, {**right, "Resource": right["Resource"] + "-other"})
    assert (ended["status"], ended["error"]) == ("FAILED", error)
    assert f"is not authorized to perform: {right['Action']} on resource: {right['Resource']} because" in ended["cause"]
    assert "Error Code: AccessDeniedException" in ended["cause"]


def test_a_task_whose_rights_nobody_knows_fails(run_task: RUN) -> None:
    ended = run_task("aws-sdk:ec2:terminateInstances", {"InstanceIds": ["i-1"]}, allow("ec2:*", "*"))
    assert ended["error"] == "States.Runtime"


def ec2_arn(kind: str, name: str = "*") -> str:
    return f"arn:aws:ec2:us-east-1:{'' if kind == 'image' else '000000000000'}:{kind}/{name}"


@pytest.fixture
def rights(aws: Any) -> dict[str, Json]:
    """What an instant Spot fleet of our launch template needs, one statement for each thing that can be missing."""
    out, stack = aws.outputs, {"aws:RequestTag/stack": "mine"}
    template, fleet, run = ec2_arn("launch-template", out["LaunchTemplateId"]), "ec2:CreateFleet", "ec2:RunInstances"
    subnets = [ec2_arn("subnet", out["SubnetA"]), ec2_arn("subnet", out["SubnetB"])]
    return {
        "CreateFleet fleet": allow(fleet, ec2_arn("fleet")),
        "CreateFleet launch-template": allow(fleet, template),
        "CreateFleet instance": allow(fleet, ec2_arn("instance"), StringEquals=stack),
        "CreateFleet volume": allow(fleet, ec2_arn("volume"), StringEquals=stack),
        "CreateFleet subnet": allow(fleet, subnets),
        "CreateFleet image": allow(fleet, ec2_arn("image")),
        "RunInstances launch-template": allow(run, template),
        "RunInstances instance": allow(run, ec2_arn("instance"), StringEquals=stack),
        "RunInstances volume": allow(run, ec2_arn("volume"), StringEquals=stack),
        "RunInstances subnet": allow(run, subnets),
        "RunInstances image": allow(run, ec2_arn("image")),
        "RunInstances network-interface": allow(run, ec2_arn("network-interface")),
        "RunInstances security-group": allow(run, ec2_arn("security-group")),
        "RunInstances spot-instances-request": allow(run, ec2_arn("spot-instances-request")),
        "CreateTags instance": allow(
            "ec2:CreateTags", ec2_arn("instance"), StringEquals={"ec2:CreateAction": "RunInstances"}
        ),
        "CreateTags volume": allow(
            "ec2:CreateTags", ec2_arn("volume"), StringEquals={"ec2:CreateAction": "RunInstances"}
        ),
        "PassRole": allow(
            "iam:PassRole", out["InstanceRoleArn"], StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}
        ),
    }


def fleet_request(aws: Any, stack: str = "mine") -> Json:
    subnets = [aws.outputs["SubnetA"], aws.outputs["SubnetB"]]
    template = {"LaunchTemplateId": aws.outputs["LaunchTemplateId"], "Version": "$Latest"}
    overrides = [{"InstanceType": "g5.xlarge", "SubnetId": subnet} for subnet in subnets]
    tags = [{"Key": "stack", "Value": stack}]
    return {
        "Type": "instant",
        "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"},
        "LaunchTemplateConfigs": [{"LaunchTemplateSpecification": template, "Overrides": overrides}],
        "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume")],
    }


def launched(execution: Json) -> list[Any]:
    assert execution["status"] == "SUCCEEDED", execution
    instances: list[Any] = json.loads(execution["output"]).get("Instances") or []
    return instances


def test_a_machine_launches_with_every_right_that_a_fleet_asks(aws: Any, run_task: RUN, rights: Any) -> None:
    assert launched(run_task("aws-sdk:ec2:createFleet", fleet_request(aws), *rights.values()))


def test_a_right_to_fleets_and_launch_templates_alone_launches_nothing(aws: Any, run_task: RUN, rights: Any) -> None:
    """The statement with which no instance could be launched on AWS."""
    missing = [f"CreateFleet {kind}" for kind in ("instance", "volume", "subnet", "image")]
    kept = [right for name, right in rights.items() if name not in missing]
    ended = run_task("aws-sdk:ec2:createFleet", fleet_request(aws), *kept)
    assert (ended["status"], ended["error"]) == ("FAILED", "Ec2.Ec2Exception")
    assert "not authorized to perform: ec2:CreateFleet on resource: arn:aws:ec2:us-east-1:0" in ended["cause"]
    assert "instance/* because" in ended["cause"]


def test_each_right_of_a_launch_is_needed(aws: Any, run_task: RUN, rights: Any) -> None:
    for missing in rights:
        kept = [right for name, right in rights.items() if name != missing]
        ended = run_task("aws-sdk:ec2:createFleet", fleet_request(aws), *kept)
        if missing.startswith("CreateFleet"):
            assert ended["error"] == "Ec2.Ec2Exception", missing
        else:  # an instant fleet answers with what it could not run
            assert not launched(ended), missing
            errors = json.loads(ended["output"])["Errors"]
            assert {error["ErrorCode"] for error in errors} == {"UnauthorizedOperation"}, missing


def test_a_fleet_whose_tags_are_not_the_roles_launches_nothing(aws: Any, run_task: RUN, rights: Any) -> None:
    ended = run_task("aws-sdk:ec2:createFleet", fleet_request(aws, "theirs"), *rights.values())
    assert ended["error"] == "Ec2.Ec2Exception"


def test_a_request_of_its_own_is_asked_the_same(aws: Any, as_role: Callable[..., Clients], rights: Any) -> None:
    kept = [right for name, right in rights.items() if name != "CreateFleet subnet"]
    assert refused(lambda: as_role(*kept)("ec2").create_fleet(**fleet_request(aws)))
    fleet = as_role(*rights.values())("ec2").create_fleet(**fleet_request(aws))
    assert fleet["Instances"]

    def run(*statements: Json) -> Any:
        profile = {"Arn": template_profile(aws)}
        return as_role(*statements)("ec2").run_instances(
            ImageId="ami-1", InstanceType="g5.xlarge", MinCount=1, MaxCount=1, IamInstanceProfile=profile
        )

    anywhere = allow("ec2:RunInstances", "*")
    assert refused(lambda: run(anywhere))
    assert not refused(lambda: run(anywhere, rights["PassRole"]))


def template_profile(aws: Any) -> str:
    template = aws.outputs["LaunchTemplateId"]
    versions = aws.client("ec2").describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Latest"])
    arn: str = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["IamInstanceProfile"]["Arn"]
    return arn


def executions_of(aws: Any, name: str) -> list[Any]:
    listed = aws.client("stepfunctions").list_executions(stateMachineArn=aws.outputs["MachineArn"], maxResults=1000)
    steps = aws.client("stepfunctions")
    inputs = (steps.describe_execution(executionArn=each["executionArn"])["input"] for each in listed["executions"])
    return [document for document in inputs if name in document]


def test_a_rule_reaches_a_machine_only_when_its_role_may_start_it(aws: Any, role_of: Callable[..., str]) -> None:
    events, machine, bus = aws.client("events"), aws.outputs["MachineArn"], aws.outputs["Bus"]
    roles = {
        "allowed": role_of(allow("states:StartExecution", machine)),
        "refused": role_of(allow("states:StartExecution", f"{machine}-other")),
    }
    source = f"test.{uuid.uuid4()}"
    for name, role in roles.items():
        rule = f"{name}-{uuid.uuid4()}"
        events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps({"source": [source]}))
        target = {"Id": "machine", "Arn": machine, "RoleArn": role, "Input": json.dumps({"case": f"{source} {name}"})}
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])
    events.put_events(Entries=[{"Source": source, "DetailType": "Begun", "Detail": "{}", "EventBusName": bus}])
    eventually(lambda: executions_of(aws, f"{source} allowed"), within_s=8)
    assert len(executions_of(aws, source)) == 1


def test_a_schedule_reaches_a_machine_only_when_its_role_may_start_it(aws: Any, role_of: Callable[..., str]) -> None:
    scheduler, machine, mark = aws.client("scheduler"), aws.outputs["MachineArn"], str(uuid.uuid4())
    roles = {
        "refused": role_of(allow("states:StartExecution", f"{machine}-other")),
        "allowed": role_of(allow("states:StartExecution", machine)),
    }
    for name, role in roles.items():
        scheduler.create_schedule(
            Name=f"{name}-{mark}",
            ScheduleExpression=time.strftime("at(%Y-%m-%dT%H:%M:%S)", time.gmtime(time.time() + 1)),
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": machine, "RoleArn": role, "Input": json.dumps({"case": f"{mark} {name}"})},
        )
    eventually(lambda: executions_of(aws, f"{mark} allowed"), within_s=8)
    time.sleep(1.5)
    assert [json.loads(each)["case"] for each in executions_of(aws, mark)] == [f"{mark} allowed"]
