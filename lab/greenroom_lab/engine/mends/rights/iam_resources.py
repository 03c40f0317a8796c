"""Gap: for some calls IAM is asked about the wrong resource, so a role that names the right one is refused.

- SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: AWS asks about the state machine that waits for the token.
  Source: the refusals AWS writes ("... not authorized to perform: states:SendTaskFailure on resource:
  arn:aws:states:...:stateMachine:..."), and aws-cdk pull request 8486.
- CreateSchedule, DeleteSchedule, …: the resource names the schedule's own group, not `default`.
  Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
- EC2 calls on instances, and CreateTags: AWS asks about every resource that is named, and a condition on
  `aws:ResourceTag/…` sees its tags.
  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-ec2-console.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import ec2, stepfunctions, tagging

from greenroom_lab.engine.rights.callers import Question
from greenroom_lab.engine.rights.ec2_resources import arn_of_id, tagged
from greenroom_lab.engine.rights.questions import Request, ask_more

Json = dict[str, Any]
DEFAULT_GROUP = "schedule/default/"
NAMING = {
    "ec2:CreateTags": "ResourceId",
    "ec2:StartInstances": "InstanceId",
    "ec2:StopInstances": "InstanceId",
    "ec2:TerminateInstances": "InstanceId",
}
"""EC2 action -> the list that names its resources."""


def apply() -> None:
    state_machine_of: dict[str, str] = {}
    remember_state_machines(state_machine_of)
    guess = iam_actions.extract_resource_arn

    def resource_of(service: str, method: str, path: str, headers: Json, body: bytes, query: Json, *place: str) -> str:
        guessed: str = guess(service, method, path, headers, body, query, *place)
        if service == "states":
            return state_machine_of.get(str(field_of(body, "taskToken")), guessed)
        if service == "scheduler" and DEFAULT_GROUP in guessed:
            group = field_of(body, "GroupName") or first(query.get("groupName"))
            return guessed.replace(DEFAULT_GROUP, f"schedule/{group}/") if group else guessed
        return guessed

    iam_actions.extract_resource_arn = resource_of
    tagging._RESOURCE_TAG_COLLECTORS["ec2"] = tagged
    ask_more("ec2", ask_about_each)


def ask_about_each(request: Request, question: Question) -> list[Question]:
    """One question for each resource that the call names."""
    ids = ec2._parse_member_list(request.parameters, NAMING.get(question.action, ""))
    return [Question(question.action, arn_of_id(each), question.keys) for each in ids] or [question]


def remember_state_machines(state_machine_of: dict[str, str]) -> None:
    """Token -> machine, kept after the token is closed: its late answer is refused by the service, not by IAM."""
    invoke = stepfunctions._invoke_with_callback

    def invoke_and_remember(resource: str, given: Any, token: str, state: Mapping[str, Any]) -> Any:
        if "_execution" in state:  # put there by the mend of asl_tasks
            state_machine_of[token] = state["_execution"]["stateMachineArn"]
        return invoke(resource, given, token, state)

    stepfunctions._invoke_with_callback = invoke_and_remember


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
