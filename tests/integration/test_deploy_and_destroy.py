"""`greenroom deploy` and `destroy` against an embedded AWS of their own: afterwards there is nothing to pay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from greenroom_cli.aws.account import Account
from greenroom_cli.aws.stacks import find_stack
from greenroom_cli.deployment.sam import outputs
from greenroom_cli.toolchain.paths import ROOT
from greenroom_lab.engine.process import EmbeddedAws, EngineSettings
from greenroom_lab.platform import seed
from greenroom_lab.platform.web_origin import reserve_port
from greenroom_viewer.sign_in import HostedClient

ICE_SERVERS = '[{"urls": ["stun:stun.example.org:3478", "turn:a?transport=udp"], "username": "a b"}]'


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack on an embedded AWS of its own, with one running instance."""

    engine: EmbeddedAws
    account: Account
    outputs: Mapping[str, str]
    said: str


def command(*words: str, engine: EmbeddedAws, **environment: str) -> str:
    """What it says, on both of its streams together. It must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "greenroom_cli", *words],
        cwd=ROOT,
        env={**os.environ, **engine.environment, "PYTHONPATH": "cli", **environment},
        stdout=subprocess.PIPE,
        stderr=None if "--json" in words else subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@asynccontextmanager
async def deployed() -> AsyncIterator[Deployed]:
    with reserve_port(0) as free:
        port = free.getsockname()[1]
    with EmbeddedAws(EngineSettings(port=port)) as engine:
        account = Account(engine.environment)
        given = f"WebUrl=http://127.0.0.1:1 IceServers={ICE_SERVERS}"
        said = command("deploy", engine=engine, GREENROOM_PARAMETERS=given)
        made = outputs(account, "greenroom")
        await launch_one(account, engine, made)
        yield Deployed(engine, account, made, said)


@pytest.mark.slow
async def test_what_was_deployed_and_launched_is_gone_after_destroy() -> None:
    async with deployed() as stack:
        assert "deploying stack greenroom, account 000000000000, Region us-east-1" in stack.said
        assert "SessionsTable" in stack.said
        function = stack.account.client("lambda").get_function_configuration(FunctionName="greenroom-register_instance")
        assert function["Environment"]["Variables"]["ICE_SERVERS"] == ICE_SERVERS
        pages = stack.account.client("s3").list_objects_v2(Bucket=stack.outputs["WebBucket"])
        published = {each["Key"] for each in pages["Contents"]}
        assert {"index.html", "desk", "desk/index.html", "config.json"} <= published
        removed = json.loads(command("destroy", "--json", engine=stack.engine))
        assert (removed["stack"], removed["account"], removed["region"]) == ("greenroom", "000000000000", "us-east-1")
        assert (removed["poolsHalted"], removed["poolsNotHaltedBecause"]) == (["demo"], "")
        assert removed["instancesEnded"] >= 1
        assert left_of(stack) == {}
        assert "there is no stack greenroom" in command("destroy", engine=stack.engine)  # again: harmless


@pytest.mark.slow
async def test_of_a_stack_that_is_half_gone_and_held_back_nothing_is_left() -> None:
    """The function that halts, all tables, a state machine and a bucket are gone; a stranger's subnet holds the VPC."""
    async with deployed() as stack:
        half_of(stack)
        with holding_the_vpc_until_it_fails(stack) as subnet_id:
            said = command("destroy", engine=stack.engine)
        assert "the pools could not be halted, and are ended all the same" in said
        assert "the stack was not deleted (Vpc" in said
        assert subnet_id not in json.dumps(left_of(stack))
        assert left_of(stack) == {}


def half_of(stack: Deployed) -> None:
    made, client = stack.outputs, stack.account.client
    client("lambda").delete_function(FunctionName="greenroom-operate_pool")
    for name in ("SessionsTable", "FleetTable", "CatalogTable", "JournalTable"):
        client("dynamodb").delete_table(TableName=made[name])
    client("stepfunctions").delete_state_machine(stateMachineArn=made["PrewarmEventMachineArn"])
    client("s3").delete_bucket(Bucket=made["BuildsBucket"])


@contextmanager
def holding_the_vpc_until_it_fails(stack: Deployed) -> Iterator[str]:
    """A subnet that is no resource of the stack, taken away once CloudFormation failed because of it."""
    ec2, cloudformation = stack.account.client("ec2"), stack.account.client("cloudformation")
    groups = ec2.describe_security_groups(GroupIds=[stack.outputs["SecurityGroupId"]])["SecurityGroups"]
    subnet_id = ec2.create_subnet(VpcId=groups[0]["VpcId"], CidrBlock="10.60.200.0/24")["Subnet"]["SubnetId"]
    over = threading.Event()

    def release() -> None:
        while not over.wait(0.05):
            found = find_stack(cloudformation, "greenroom")
            if found and found.status == "DELETE_FAILED":
                ec2.delete_subnet(SubnetId=subnet_id)
                return

    watcher = threading.Thread(target=release)
    watcher.start()
    try:
        yield subnet_id
    finally:
        over.set()
        watcher.join()


def left_of(stack: Deployed) -> dict[str, list[str]]:
    """Everything of the stack that costs something, now or some day, or that would be in the way of the next one."""
    client = stack.account.client
    reservations = client("ec2").describe_instances()["Reservations"]
    instances = [each for group in reservations for each in group["Instances"]]
    assert instances, "an instance had been launched"
    stacks = client("cloudformation").list_stacks()["StackSummaries"]
    prefix = {"logGroupNamePrefix": "/aws/"}
    found = {
        "instances": [each["InstanceId"] for each in instances if each["State"]["Name"] != "terminated"],
        "subnets": [each["SubnetId"] for each in client("ec2").describe_subnets()["Subnets"] if is_ours(each)],
        "vpcs": [each["VpcId"] for each in client("ec2").describe_vpcs()["Vpcs"] if is_ours(each)],
        "launch templates": [
            each["LaunchTemplateName"] for each in client("ec2").describe_launch_templates()["LaunchTemplates"]
        ],
        "stacks": [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"],
        "buckets": [each["Name"] for each in client("s3").list_buckets()["Buckets"]],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "functions": [each["FunctionName"] for each in client("lambda").list_functions()["Functions"]],
        "state machines": [each["name"] for each in client("stepfunctions").list_state_machines()["stateMachines"]],
        "rules": [each["Name"] for each in client("events").list_rules()["Rules"]],
        "buses": [
            each["Name"] for each in client("events").list_event_buses()["EventBuses"] if each["Name"] != "default"
        ],
        "schedules": [each["Name"] for each in client("scheduler").list_schedules()["Schedules"]],
        "log groups": [each["logGroupName"] for each in client("logs").describe_log_groups(**prefix)["logGroups"]],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "APIs": [each["Name"] for each in client("apigatewayv2").get_apis()["Items"]],
        "roles": [each["RoleName"] for each in client("iam").list_roles()["Roles"] if "greenroom" in each["RoleName"]],
        "user pools": [each["Name"] for each in client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]],
    }
    return {kind: names for kind, names in found.items() if names}


def is_ours(network: Mapping[str, Any]) -> bool:
    return str(network["CidrBlock"]).startswith("10.60.")


async def launch_one(account: Account, engine: EmbeddedAws, deployed: dict[str, str]) -> None:
    """A pool that wants an instance, and the instance."""
    operator = seed.new_person("operator", seed.OPERATORS, seed.TENANT_GROUP)
    seed.add_person(account.client("cognito-idp"), deployed["UserPoolId"], operator)
    client = HostedClient.at(engine.endpoint_url, deployed["UserPoolClientId"], "http://127.0.0.1:1")
    await seed.configure(deployed["ApiUrl"], client, operator, "demo", seed.DEMO_APPLICATION, seed.DEMO_POOL)
    ends = time.monotonic() + 60
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    while not account.client("ec2").describe_instances(Filters=running)["Reservations"]:
        assert time.monotonic() < ends, "no instance was launched"
        time.sleep(0.5)
