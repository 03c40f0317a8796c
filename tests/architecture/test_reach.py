"""A function is given exactly what its code uses: settings, tables to read or write, rights."""

from __future__ import annotations

import pytest

from tests.architecture.reach import READING, WRITING, adapters, of_function
from tests.architecture.reading import Function, functions
from tests.architecture.test_rights import READS, WRITES, granted_tables

ACTIONS = {
    "bus": "events:PutEvents",
    "socket": "execute-api:ManageConnections",
    "tasks": "states:SendTaskSuccess",
}
"""Port -> the right its adapter needs; EC2's depend on the method, tables on what the method does."""
BY_METHOD = {
    ("relay_secret", "current"): "secretsmanager:GetSecretValue",
    ("schedules", "create"): "scheduler:CreateSchedule",
    ("schedules", "delete"): "scheduler:DeleteSchedule",
    ("account", "image"): "ec2:DescribeImages",
    ("account", "subnets"): "ec2:DescribeSubnets",
    ("account", "offered"): "ec2:DescribeInstanceTypeOfferings",
    ("account", "running"): "ec2:DescribeInstances",
    ("account", "vcpu_quota"): "servicequotas:GetServiceQuota",
}
"""Where each method needs a right of its own."""
EC2_ACTIONS = {
    "terminate": "ec2:TerminateInstances",
    "start": "ec2:StartInstances",
    "stop": "ec2:StopInstances",
    "tag_orphan": "ec2:CreateTags",
}
"""What changes an instance; the others look."""
BESIDES = {"scheduler:CreateSchedule": {"iam:PassRole"}}
LOOKING = {"list_all", "list_of_launch", "find"}
OPTIONAL = {"stack_name"}
"""AwsEc2 needs the stack's name to look things up, and not to end one by its id."""
every_function = pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)


def methods(function: Function) -> set[tuple[str, str]]:
    return {(port, method) for port, method in of_function(function.name).ports if port in adapters()}


def needed_actions(function: Function) -> set[str]:
    """Everything but DynamoDB."""
    found = {ACTIONS[port] for port, _ in methods(function) if port in ACTIONS}
    found |= {BY_METHOD[each] for each in methods(function) if each in BY_METHOD}
    for port, method in methods(function):
        if port == "ec2" and method:
            found.add(EC2_ACTIONS.get(method, "ec2:DescribeInstances"))
    return found | {each for action in found for each in BESIDES.get(action, ())}


@every_function
def test_a_function_has_the_settings_its_code_reads_and_no_others(function: Function) -> None:
    needed = {name for port, _ in methods(function) for name in adapters()[port].fields}
    needed |= of_function(function.name).settings
    if any(port == "ec2" and method in LOOKING for port, method in methods(function)):
        needed |= OPTIONAL
    given = {name.lower() for name in function.environment}
    assert given == needed


@every_function
def test_a_function_has_the_rights_its_code_uses_and_no_others(function: Function) -> None:
    granted = {action for action in function.actions if not action.startswith("dynamodb:")}
    assert granted == needed_actions(function)


@every_function
def test_a_function_writes_only_where_it_must(function: Function) -> None:
    """A table whose rows the code only reads is granted for reading; one it only appends to, for putting."""
    used: dict[str, set[str]] = {}
    for port, method in methods(function):
        adapter = adapters()[port]
        for name in adapter.fields:
            if method and name.endswith("_table"):
                calls = adapter.calls(method) & (READING | WRITING)
                used.setdefault(name.removesuffix("_table").capitalize(), set()).update(calls)
    for table, granted in granted_tables(function).items():
        writes = used.get(table, set()) & WRITING
        assert used.get(table), f"{table}: granted and never used"
        if table == "Journal":
            assert granted == {"dynamodb:PutItem" if writes else "dynamodb:Query"}
        else:
            assert bool(granted & WRITES) == bool(writes), f"{table}: {sorted(used[table])}"
            assert granted >= READS, table
