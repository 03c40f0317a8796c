"""Gap: a rule or a schedule reaches its target whatever the target's role may do.

A target with a RoleArn is reached only when that role allows it; otherwise the delivery is dropped with a line in the
log. On AWS it goes to the target's dead-letter queue, or nowhere. Targets without a role are not asked about: queues,
topics and functions say in their own policies who may reach them.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role
"""

from __future__ import annotations

import logging
from typing import Any

from ministack.services import eventbridge

from greenroom_lab.engine.rights.callers import Question, refusal_of, role_session

Json = dict[str, Any]
ACTIONS = {
    "states": "states:StartExecution",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
}
"""What a delivery asks of the role, by the service in the target's ARN."""
logger = logging.getLogger("ministack")


def apply() -> None:
    deliver = eventbridge._invoke_target

    def deliver_if_allowed(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        if words := refusal_of_target(target):
            logger.error("not delivered: %s", words)
        else:
            deliver(target, event, rule, view)

    eventbridge._invoke_target = deliver_if_allowed


def refusal_of_target(target: Json) -> str | None:
    """Why the target's role does not let it be reached."""
    arn, role = str(target.get("Arn")), target.get("RoleArn")
    action = ACTIONS.get(arn.split(":")[2] if arn.count(":") > 2 else "")
    if not role or not action:
        return None
    return refusal_of(role_session(role, "delivery"), [Question(action, arn)])
