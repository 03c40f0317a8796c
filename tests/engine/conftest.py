"""One running engine with one deployed stack for all tests of the mends.

`GREENROOM_ENGINE_WITHOUT=http_api,ttl pytest tests/engine` leaves mends out: their tests must then fail.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from greenroom_cli.aws.account import Account
from greenroom_cli.deployment import sam
from greenroom_cli.toolchain import paths
from greenroom_lab.engine.process import EmbeddedAws, EngineSettings

LEFT_OUT = tuple(name for name in os.environ.get("GREENROOM_ENGINE_WITHOUT", "").split(",") if name)
STACK = Path(__file__).parent / "stack"
Json = dict[str, Any]
Clients = Callable[[str], Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class UdpSink:
    """Collects what is sent to it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.documents: list[Json] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            _header, _, body = self._socket.recv(65536).partition(b"\n")
            self.documents.append(json.loads(body))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Deployed:
    """The engine, the stack's outputs, and short ways to use them."""

    engine: EmbeddedAws
    outputs: dict[str, str]
    sink: UdpSink
    events: list[Json] = field(default_factory=list)
    """What the stack's queue was told so far."""

    def client(self, service: str) -> Any:
        return boto3.client(service, **self.engine.boto)  # type: ignore[call-overload]

    @property
    def api_url(self) -> str:
        return f"{self.engine.endpoint_url}/_aws/execute-api/{self.outputs['ApiId']}"

    @property
    def socket_url(self) -> str:
        return f"{self.engine.endpoint_url}/_aws/execute-api/{self.outputs['SocketId']}/socket".replace("http", "ws", 1)

    def execute(self, case: str, *, wait_s: float = 15, name: str | None = None, **given: Any) -> Json:
        """Run the machine on one case and return the ended execution."""
        arn = self.start(case, name=name, **given)
        return self.ended(arn, wait_s=wait_s)

    def start(self, case: str, *, name: str | None = None, **given: Any) -> str:
        named = {"name": name} if name else {}
        document = json.dumps({"case": case, **given})
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["MachineArn"], input=document, **named
        )
        arn: str = started["executionArn"]
        return arn

    def ended(self, arn: str, *, wait_s: float = 15) -> Json:
        steps = self.client("stepfunctions")

        def answer() -> Json | None:
            execution: Json = steps.describe_execution(executionArn=arn)
            return execution if execution["status"] != "RUNNING" else None

        execution: Json = eventually(answer, within_s=wait_s)
        return execution

    def told(self, matches: Callable[[Json], bool], within_s: float = 8) -> Json:
        """The first event that reached the stack's queue and matches. What was read stays for other tests."""
        queue = self.client("sqs")

        def look() -> Json | None:
            answer = queue.receive_message(QueueUrl=self.outputs["ToldUrl"], MaxNumberOfMessages=10, WaitTimeSeconds=0)
            for message in answer.get("Messages", []):
                queue.delete_message(QueueUrl=self.outputs["ToldUrl"], ReceiptHandle=message["ReceiptHandle"])
                self.events.append(json.loads(message["Body"]))
            return next((event for event in self.events if matches(event)), None)

        found: Json = eventually(look, within_s=within_s)
        return found

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return http("GET", self.api_url + path, headers)


def http(method: str, url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    request = urllib.request.Request(url, method=method, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, json.loads(answer.read() or b"null"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, json.loads(error.read() or b"null"))


def eventually(look: Callable[[], Any], within_s: float) -> Any:
    """What `look` returns, as soon as it is truthy. Fails with the last answer when the time is up."""
    ends = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < ends, f"not within {within_s} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def aws() -> Iterator[Deployed]:
    runtime = paths.lambda_runtime()
    built = sam.build(STACK, paths.GENERATED / "engine-test-build", runtime=runtime)
    sink = UdpSink()
    settings = EngineSettings(
        port=free_port(), xray_sink=sink.address, log_file=paths.GENERATED / "engine-test.log", without=LEFT_OUT
    )
    os.environ["GREENROOM_TTL_SWEEP_S"] = "0.5"
    with EmbeddedAws(settings) as engine:
        account = Account(engine.environment)
        yield Deployed(engine, sam.deploy(account, "engine-test", built, {"LambdaRuntime": runtime}), sink)


def allow(action: str | list[str], resource: str | list[str], **condition: Json) -> Json:
    """A statement: `allow("dynamodb:GetItem", arn, StringEquals={...})`."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def refused(call: Callable[[], Any]) -> bool:
    """Whether IAM refused the call."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDeniedException", "UnauthorizedOperation"):
            raise
        return True
    return False


@pytest.fixture
def role_of(aws: Deployed) -> Callable[..., str]:
    """Make a role that may do what the statements say, for this account and for services; its ARN."""

    def make(*statements: Json) -> str:
        name, iam = f"role-{uuid.uuid4()}", aws.client("iam")
        services = [f"{service}.amazonaws.com" for service in ("states", "events", "scheduler", "ec2")]
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*", "Service": services}}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy(*statements))
        return arn

    return make


@pytest.fixture
def as_role(aws: Deployed, role_of: Callable[..., str]) -> Callable[..., Clients]:
    """Clients that may do only what the statements say: `as_role(allow(...))("ec2")`."""

    def assume(*statements: Json) -> Clients:
        keys = aws.client("sts").assume_role(RoleArn=role_of(*statements), RoleSessionName="test")["Credentials"]
        session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1"
        )
        return lambda service: session.client(service, endpoint_url=aws.engine.endpoint_url)  # type: ignore[call-overload]

    return assume


@pytest.fixture
def market(aws: Deployed) -> Iterator[Callable[..., None]]:
    """Set the rules of the EC2 market; afterwards there is capacity again."""

    def set_rules(*rules: Json) -> None:
        aws.engine.control("PUT", "ec2", {"rules": list(rules)})

    yield set_rules
    set_rules()
