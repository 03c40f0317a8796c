"""Run a machine of the repository on the embedded AWS with puppets for its functions.

The definition is the file's own. Three things are changed, so that a test can write the script: every function is the
same puppet, each call also says for which execution and in whose name it is made, and waits and timeouts are shortened.
"""

from __future__ import annotations

import copy
import io
import itertools
import json
import re
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
from greenroom_cli.toolchain import paths
from greenroom_lab.engine.process import EmbeddedAws

from tests.architecture.reading import snake, state_machine, states
from tests.engine.conftest import eventually

Json = dict[str, Any]
ROLE = "puppet"
TABLE = "rehearsal"
PUPPET = """
import json, os
import boto3

table = boto3.resource("dynamodb", endpoint_url=os.environ.get("AWS_ENDPOINT_URL")).Table("rehearsal")


def handler(event, context):
    case, function = event.pop("_case"), event.pop("_function")
    row = table.update_item(
        Key={"pk": case, "sk": function},
        UpdateExpression="SET asked = list_append(if_not_exists(asked, :none), :asked)",
        ExpressionAttributeValues={":none": [], ":asked": [json.dumps(event)]},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    if "answers" not in row:
        raise AssertionError(f"nobody expected {function}")
    answers = json.loads(row["answers"])
    kind, value = answers[min(len(row["asked"]), len(answers)) - 1]
    if kind == "raises":
        raise type(value, (Exception,), {})("as the script says")
    if kind == "wakes":
        steps = boto3.client("stepfunctions", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
        steps.send_task_success(taskToken=event["taskToken"], output=json.dumps(value))
    return value if kind == "returns" else None
"""
Answer = tuple[str, Any]


def returns(value: Any) -> Answer:
    """The function answers."""
    return ("returns", value)


def raises(error: str) -> Answer:
    """The function raises an error of this class name."""
    return ("raises", error)


def wakes(value: Any) -> Answer:
    """The fact is there already: the token is answered before the function returns."""
    return ("wakes", value)


KEEPS: Answer = ("keeps", None)
"""The function stores the token, and nobody answers it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way through a machine. `script`: what each function does, call by call (the last answer repeats)."""

    desc: str
    script: Mapping[str, Sequence[Answer]]
    path: Sequence[str]
    """Every state entered, in order; one item's way through a Map stands where the Map does."""
    error: str | None = None
    """The error the execution fails with; None when it succeeds."""
    timeouts: Mapping[str, int] = field(default_factory=dict)
    """Shortened timeouts, by state."""
    retried: bool = False
    """Keep the Retry of every task; otherwise a fault is caught at once."""
    starts: str = "successor"
    """What a `startExecution` starts: `successor`, or `nothing` for a machine that does not exist."""


@dataclass(frozen=True, slots=True)
class Played:
    """What was seen."""

    status: str
    error: str | None
    path: list[str]
    """States of the machine itself: the embedded AWS keeps no history inside a Map."""
    asked: dict[str, list[Json]]


class Rehearsal:
    """A running engine with a puppet and the small machine that nested executions start."""

    def __init__(self, engine: EmbeddedAws) -> None:
        self.engine = engine
        self.steps = self.client("stepfunctions")
        self._numbers = itertools.count(1)
        self.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        self.table = boto3.resource("dynamodb", **engine.boto).Table(TABLE)
        self.role = self._create_role()
        self.puppet = self._create_puppet()
        wait = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
        self.successor = self._create("successor", wait)

    def client(self, service: str) -> Any:
        return boto3.client(service, **self.engine.boto)  # type: ignore[call-overload]

    def _create_role(self) -> str:
        """One role for the puppet and the state machines: whether their own roles suffice, other tests tell."""
        services = {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": services}
        of_puppet = ["dynamodb:UpdateItem", "states:SendTaskSuccess"]
        of_state_machines = ["lambda:InvokeFunction", "states:StartExecution", "ec2:*", "iam:PassRole"]
        rights = {"Effect": "Allow", "Action": [*of_puppet, *of_state_machines], "Resource": "*"}
        iam = self.client("iam")
        role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_policy(trust))["Role"]
        iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=_policy(rights))
        return str(role["Arn"])

    def _create_puppet(self) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("handler.py", PUPPET)
        created = self.client("lambda").create_function(
            FunctionName="puppet",
            Runtime=paths.lambda_runtime(),
            Role=self.role,
            Handler="handler.handler",
            Timeout=20,
            Code={"ZipFile": packed.getvalue()},
        )
        return str(created["FunctionArn"])

    def _create(self, name: str, definition: Json) -> str:
        made = self.steps.create_state_machine(name=name, definition=json.dumps(definition), roleArn=self.role)
        return str(made["stateMachineArn"])

    def play(self, name: str, case: Case, given: Json, *, wait_s: float = 30) -> Played:
        """Run the machine through one case and say what happened."""
        number = next(self._numbers)
        arn = self._create(f"{name}-{number}", self._prepared(name, case))
        execution_name = f"case-{uuid.uuid4()}"
        for function, answers in case.script.items():
            self.table.put_item(Item={"pk": execution_name, "sk": function, "answers": json.dumps(list(answers))})
        started = self.steps.start_execution(stateMachineArn=arn, name=execution_name, input=json.dumps(given))
        return self._played(started["executionArn"], execution_name, wait_s)

    def _prepared(self, name: str, case: Case) -> Json:
        definition = copy.deepcopy(state_machine(name))
        definition["TimeoutSeconds"] = 60
        other = self.successor if case.starts == "successor" else f"{self.successor}-that-nobody-made"
        for state_name, state in states(definition):
            resource = state.get("Resource", "")
            if ":lambda:invoke" in resource:
                function = snake(state["Arguments"]["FunctionName"].strip("${}").removesuffix("Function"))
                state["Arguments"]["FunctionName"] = self.puppet
                whose = {"_case": "{% $states.context.Execution.Name %}", "_function": function}
                state["Arguments"]["Payload"].update(whose)
            elif resource.endswith("startExecution"):
                state["Arguments"]["StateMachineArn"] = other
            if not case.retried:
                state.pop("Retry", None)
            if state_name in case.timeouts:
                state["TimeoutSeconds"] = case.timeouts[state_name]
            if "Seconds" in state:
                state["Seconds"] = _shortened(state["Seconds"])
        return definition

    def _played(self, arn: str, execution_name: str, wait_s: float) -> Played:
        def ended() -> Json | None:
            answer: Json = self.steps.describe_execution(executionArn=arn)
            return answer if answer["status"] != "RUNNING" else None

        execution = eventually(ended, within_s=wait_s)
        rows = self.table.query(
            KeyConditionExpression="pk = :case", ExpressionAttributeValues={":case": execution_name}
        )["Items"]
        asked = {row["sk"]: [json.loads(each) for each in row["asked"]] for row in rows if "asked" in row}
        return Played(execution["status"], execution.get("error"), self._entered(arn), asked)

    def _entered(self, arn: str) -> list[str]:
        pages = self.steps.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"]]
        return [event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("StateEntered")]

    def started(self) -> dict[str, Json]:
        """Executions of the successor: name -> input."""
        listed = self.steps.list_executions(stateMachineArn=self.successor)["executions"]
        return {
            each["name"]: json.loads(self.steps.describe_execution(executionArn=each["executionArn"])["input"])
            for each in listed
        }


def _shortened(seconds: int | str) -> int | str:
    """A wait of a second; of an expression, only the numbers that it holds: `{% $exists(x) ? x : 8 %}` asks x still."""
    return 1 if isinstance(seconds, int) else re.sub(r"\b\d+\b", "1", seconds)


def _policy(statement: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def check(played: Played, case: Case, name: str) -> None:
    """The case went as it should."""
    expected = [state for state in case.path if state in state_machine(name)["States"]]
    assert (played.path, played.error) == (expected, case.error), played
    assert played.status == ("FAILED" if case.error else "SUCCEEDED")
    assert set(played.asked) == set(case.script), "a function of the script was not called"


def edges(definition: Json) -> set[tuple[str, str]]:
    """Every step a scope can take: Next, Default, Choices and Catch."""
    found = set()
    for name, state in definition["States"].items():
        nexts = [state.get("Next"), state.get("Default")]
        nexts += [each["Next"] for each in [*state.get("Choices", []), *state.get("Catch", [])]]
        found |= {(name, each) for each in nexts if each}
    return found


def untaken(name: str, cases: Sequence[Case]) -> set[tuple[str, str]]:
    """Steps of the machine, and of what runs inside its Map, that no case takes."""
    definition = state_machine(name)
    scopes = [definition, *(s["ItemProcessor"] for s in definition["States"].values() if "ItemProcessor" in s)]
    missing = set()
    for scope in scopes:
        paths_here = [[state for state in case.path if state in scope["States"]] for case in cases]
        missing |= edges(scope) - {step for path in paths_here for step in itertools.pairwise(path)}
    return missing
