"""Gap: Step Functions makes its calls inside the engine, where nobody looks at the state machine's role.

Each task is asked of the role, and a refusal fails the state with the name that AWS gives it:
`Lambda.AWSLambdaException` (awslabs/aws-deployment-framework issue 460 quotes one),
`StepFunctions.AWSStepFunctionsException`, and by analogy, from the exception's class in the same SDK,
`EventBridge.AmazonEventBridgeException`. createFleet is asked by EC2 itself (mend launch_rights) and fails with
`Ec2.Ec2Exception`. A task of which we do not know what it asks fails with `States.Runtime`.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import stepfunctions

from greenroom_lab.engine.rights import put_events
from greenroom_lab.engine.rights.callers import CALLER, Question, refusal_of, role_session

Json = dict[str, Any]
INTEGRATION = "arn:aws:states:::"
TOKEN = ".waitForTaskToken"


def apply() -> None:
    execute = stepfunctions._execute_task

    def execute_as_role(state: Json, given: Any, execution: Json, context: Json) -> Any:
        state_machine = stepfunctions._state_machines.get((execution or {}).get("stateMachineArn", ""))
        caller = role_session(state_machine["roleArn"], execution["name"]) if state_machine else None
        before = CALLER.set(caller)
        try:
            return execute(state, given, execution, context)
        finally:
            CALLER.reset(before)

    stepfunctions._execute_task = execute_as_role
    for name in ("_invoke_resource", "_invoke_with_callback"):
        setattr(stepfunctions, name, when_allowed(getattr(stepfunctions, name)))


def when_allowed(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def invoke_when_allowed(resource: str, given: Json, *more: Any) -> Any:
        hold_to_role(resource, given)
        return invoke(resource, given, *more)

    return invoke_when_allowed


def hold_to_role(resource: str, given: Json) -> None:
    """Raises: _ExecutionError when the state machine's role does not allow the task."""
    task = resource.removeprefix(INTEGRATION).removesuffix(TOKEN)
    if CALLER.get() is None or task == CREATE_FLEET:
        return
    if task not in TASKS:
        words = f"The embedded AWS does not know which rights {resource} asks of a role"
        raise stepfunctions._ExecutionError("States.Runtime", words)
    asking = TASKS[task]
    refused = refusal_of(CALLER.get(), asking.questions(given))
    if refused:
        raise stepfunctions._ExecutionError(asking.error, f"{refused} ({asking.signature}; Request ID: {new_uuid()})")


def invoke_questions(given: Json) -> list[Question]:
    name = str(given.get("FunctionName"))
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{name}"
    return [Question("lambda:InvokeFunction", arn)]


def start_questions(given: Json) -> list[Question]:
    return [Question("states:StartExecution", str(given.get("StateMachineArn")))]


def event_questions(given: Json) -> list[Question]:
    return put_events.questions_of(given.get("Entries") or [])


@dataclass(frozen=True, slots=True)
class Asking:
    """What a task asks of its role, and how a refusal looks."""

    questions: Callable[[Json], list[Question]]
    error: str
    service: str
    status: int

    @property
    def signature(self) -> str:
        return f"Service: {self.service}; Status Code: {self.status}; Error Code: AccessDeniedException"


CREATE_FLEET = "aws-sdk:ec2:createFleet"
TASKS = {
    "lambda:invoke": Asking(invoke_questions, "Lambda.AWSLambdaException", "AWSLambda", 403),
    "states:startExecution": Asking(
        start_questions, "StepFunctions.AWSStepFunctionsException", "AWSStepFunctions", 400
    ),
    "events:putEvents": Asking(event_questions, "EventBridge.AmazonEventBridgeException", "AmazonEventBridge", 400),
}
