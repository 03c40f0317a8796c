"""What starts work by itself: rules, schedules and running executions. Stopped before instances are ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from greenroom_cli.aws.account import Account
from greenroom_cli.removal.resources import Resource, names

GONE = frozenset(
    {"ResourceNotFoundException", "StateMachineDoesNotExist", "ExecutionDoesNotExist", "StateMachineDeleting"}
)
"""Codes of EventBridge, Scheduler and Step Functions for what is not there any more."""
QUIET_WITHIN_S = 60.0
LOOK_AGAIN_S = 1.0


def stop_rules(account: Account, resources: Sequence[Resource]) -> None:
    """No event starts a state machine any more."""
    events = account.client("events")
    for name in names(resources, "AWS::Events::Rule"):
        bus, _, rule = name.rpartition(
            "|"
        )  # on a bus of one's own it is `bus|rule`. Source: CloudFormation, Events::Rule
        _unless_gone(events.disable_rule, Name=rule, EventBusName=bus or "default")


def stop_schedules(account: Account, resources: Sequence[Resource]) -> None:
    """Neither the reaper nor a scheduled event starts by the clock; the stack would delete these schedules anyway."""
    scheduler = account.client("scheduler")
    for group in names(resources, "AWS::Scheduler::ScheduleGroup"):
        for name in _unless_gone(_schedules, scheduler, group) or ():
            _unless_gone(scheduler.delete_schedule, GroupName=group, Name=name)


def stop_executions(
    account: Account, resources: Sequence[Resource], sleep: Callable[[float], None] = time.sleep
) -> int:
    """Running executions would go on acting, and start others. Returns how many were stopped.

    Looked for until a whole look finds none; what a list shows too late ends with its state machine.
    """
    step_functions = account.client("stepfunctions")
    arns = names(resources, "AWS::StepFunctions::StateMachine")
    stopped: set[str] = set()
    ends = time.monotonic() + QUIET_WITHIN_S
    while time.monotonic() < ends:
        running = {each for arn in arns for each in _unless_gone(_running, step_functions, arn) or ()}
        if not running - stopped:
            break
        for execution in running - stopped:
            _unless_gone(step_functions.stop_execution, executionArn=execution, cause="greenroom destroy")
        stopped |= running
        sleep(LOOK_AGAIN_S)
    return len(stopped)


def _schedules(scheduler: Any, group: str) -> list[str]:
    pages = scheduler.get_paginator("list_schedules").paginate(GroupName=group)
    return [each["Name"] for page in pages for each in page["Schedules"]]


def _running(step_functions: Any, arn: str) -> list[str]:
    pages = step_functions.get_paginator("list_executions").paginate(stateMachineArn=arn, statusFilter="RUNNING")
    return [each["executionArn"] for page in pages for each in page["executions"]]


def _unless_gone(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """None where the service does not know it any more. Raises: ClientError for all else."""
    try:
        return call(*arguments, **named)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return None
