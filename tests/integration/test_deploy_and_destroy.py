"""`greenroom deploy` and `destroy` against an embedded AWS of their own: afterwards there is nothing to pay."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from greenroom_cli.aws.account import Account
from greenroom_cli.deployment.sam import outputs
from greenroom_cli.toolchain.paths import ROOT
from greenroom_lab.engine.process import EmbeddedAws, EngineSettings
from greenroom_lab.platform import seed
from greenroom_lab.platform.web_origin import reserve_port
from greenroom_viewer.sign_in import HostedClient

ICE_SERVERS = '[{"urls": ["stun:stun.example.org:3478", "turn:a?transport=udp"], "username": "a b"}]'


def command(name: str, engine: EmbeddedAws, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "greenroom_cli", name],
        cwd=ROOT,
        env={**os.environ, **engine.environment, "PYTHONPATH": "cli", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
async def test_what_was_deployed_and_launched_is_gone_after_destroy() -> None:
    with reserve_port(0) as free:
        port = free.getsockname()[1]
    with EmbeddedAws(EngineSettings(port=port)) as engine:
        account = Account(engine.environment)
        s3 = account.client("s3")
        given = f"WebUrl=http://127.0.0.1:1 IceServers={ICE_SERVERS}"
        said = command("deploy", engine, GREENROOM_PARAMETERS=given)
        assert "deploying stack greenroom, account 000000000000, Region us-east-1" in said
        assert "SessionsTable" in said
        function = account.client("lambda").get_function_configuration(FunctionName="greenroom-register_instance")
        assert function["Environment"]["Variables"]["ICE_SERVERS"] == ICE_SERVERS
        deployed = outputs(account, "greenroom")
        published = {each["Key"] for each in s3.list_objects_v2(Bucket=deployed["WebBucket"])["Contents"]}
        assert {"index.html", "desk", "desk/index.html", "config.json"} <= published
        await launch_one(account, engine, deployed)
        command("destroy", engine)
        living = [
            instance["State"]["Name"]
            for page in account.client("ec2").describe_instances()["Reservations"]
            for instance in page["Instances"]
        ]
        assert set(living) <= {"terminated"}
        assert living, "an instance had been launched"
        assert s3.list_buckets()["Buckets"] == []
        stacks = account.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])
        assert stacks["StackSummaries"] == []
        assert account.client("dynamodb").list_tables()["TableNames"] == []
        assert "there is no stack greenroom" in command("destroy", engine)  # again: harmless


async def launch_one(account: Account, engine: EmbeddedAws, deployed: dict[str, str]) -> None:
    """A pool that wants an instance, and the instance."""
    operator = seed.new_person("operator", seed.OPERATORS, seed.TENANT_GROUP)
    seed.add_person(account.client("cognito-idp"), deployed["UserPoolId"], operator)
    client = HostedClient.at(engine.endpoint_url, deployed["UserPoolClientId"], "http://127.0.0.1:1")
    await seed.configure(deployed["ApiUrl"], client, operator, "demo", seed.DEMO_APPLICATION, seed.DEMO_POOL)
    ends = time.monotonic() + 60
    while not account.client("ec2").describe_instances()["Reservations"]:
        assert time.monotonic() < ends, "no instance was launched"
        time.sleep(0.5)
