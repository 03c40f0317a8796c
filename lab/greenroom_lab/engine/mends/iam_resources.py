"""Gap: for three kinds of call IAM is asked about the wrong resource, so a role that names the right one is refused.

- SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: AWS asks about the state machine that waits for the token.
  Source: the refusals AWS writes ("... not authorized to perform: states:SendTaskFailure on resource:
  arn:aws:states:...:stateMachine:..."), and aws-cdk pull request 8486.
- CreateSchedule, DeleteSchedule, …: the resource names the schedule's own group, not `default`.
  Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
- EC2 calls on instances: a condition on `aws:ResourceTag/…` sees the instance's tags.
  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-ec2-console.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, stepfunctions, tagging

Json = dict[str, Any]
DEFAULT_GROUP = "schedule/default/"


def apply() -> None:
    machine_of: dict[str, str] = {}
    remember_machines(machine_of)
    guess = iam_actions.extract_resource_arn

    def resource_of(service: str, method: str, path: str, headers: Json, body: bytes, query: Json, *place: str) -> str:
        guessed: str = guess(service, method, path, headers, body, query, *place)
        if service == "states":
            return machine_of.get(str(field_of(body, "taskToken")), guessed)
        if service == "scheduler" and DEFAULT_GROUP in guessed:
            group = field_of(body, "GroupName") or first(query.get("groupName"))
            return guessed.replace(DEFAULT_GROUP, f"schedule/{group}/") if group else guessed
        return guessed

    iam_actions.extract_resource_arn = resource_of
    tagging._RESOURCE_TAG_COLLECTORS["ec2"] = instance_tags


def remember_machines(machine_of: dict[str, str]) -> None:
    """Token -> machine, kept after the token is closed: its late answer is refused by the service, not by IAM."""
    invoke = stepfunctions._invoke_with_callback

    def invoke_and_remember(resource: str, given: Any, token: str, state: Mapping[str, Any]) -> Any:
        if "_execution" in state:  # put there by the mend of asl_tasks
            machine_of[token] = state["_execution"]["stateMachineArn"]
        return invoke(resource, given, token, state)

    stepfunctions._invoke_with_callback = invoke_and_remember


def instance_tags() -> Iterator[tuple[str, list[Json]]]:
    """Every tagged EC2 resource that is an instance, by ARN."""
    for resource_id, tags in ec2._tags.items():
        if str(resource_id).startswith("i-"):
            yield f"arn:aws:ec2:{get_region()}:{get_account_id()}:instance/{resource_id}", tags


def field_of(body: bytes, name: str) -> Any:
    """A field of a JSON body, or None."""
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return None
    return document.get(name) if isinstance(document, dict) else None


def first(value: Any) -> Any:
    """Query parameters come as lists."""
    return value[0] if isinstance(value, list) and value else value
