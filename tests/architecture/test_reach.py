"""A function is given exactly what its code uses: settings, tables to read or write, rights."""

from __future__ import annotations

import pytest

from tests.architecture.reach import accesses, adapters, of_function
from tests.architecture.reading import Function, functions, template
from tests.architecture.rights.effective import Right, rights_of
from tests.architecture.test_rights import WRITES, granted_tables

BESIDES = {"scheduler:CreateSchedule": {"iam:PassRole"}}
"""What a call needs beside its own right: a schedule is given a role."""
LOOKING = {"list_all", "list_of_launch", "find"}
OPTIONAL = {"stack_name"}
"""AwsEc2 needs the stack's name to look things up, and not to end one by its id."""
ANSWERS = {
    "greenroom.usecases.notify.answer_wait": "session_lifecycle",
    "greenroom.usecases.instance.await_registration": "launch_instance",
}
"""Who answers a waiting task -> the state machine that waits."""
every_function = pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
RIGHTS = rights_of(template())


def methods(function: Function) -> set[tuple[str, str]]:
    return {(port, method) for port, method in of_function(function.name).ports if port in adapters()}


def rights(function: Function, prefix: str) -> list[Right]:
    return [each for each in RIGHTS if each.role == function.name and each.action.startswith(prefix)]


@every_function
def test_no_port_on_aws_is_handed_on_as_a_whole(function: Function) -> None:
    """Who gets it could call any of its methods, and the walk would see none."""
    on_aws = {port for port, adapter in adapters().items() if adapter.is_on_aws}
    assert not of_function(function.name).handed_on & on_aws


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
    needed = {each.action for each in accesses(function.name) if not each.table}
    needed |= {each for action in needed for each in BESIDES.get(action, ())}
    assert {action for action in function.actions if not action.startswith("dynamodb:")} == needed


@every_function
def test_a_function_closes_connections_only_if_its_code_does(function: Function) -> None:
    used = {
        f"SocketApi/socket/{each.index}/@connections/*"
        for each in accesses(function.name)
        if "execute-api" in each.action
    }
    assert {each.resource.replace("${SocketApi}", "SocketApi") for each in rights(function, "execute-api:")} == used


@every_function
def test_a_function_answers_only_the_state_machines_that_its_code_answers(function: Function) -> None:
    waiting = {f"stateMachine:${{AWS::StackName}}-{ANSWERS[each]}" for each in of_function(function.name).answering}
    assert {each.resource for each in rights(function, "states:SendTaskSuccess")} == waiting


@every_function
def test_a_function_may_do_to_its_tables_what_its_code_does(function: Function) -> None:
    granted = granted_tables(function)
    for access in accesses(function.name):
        if access.table:
            assert access.action in granted[access.table.removesuffix("_table").capitalize()], access


@every_function
def test_a_function_writes_only_where_it_must(function: Function) -> None:
    """A table whose rows the code only reads is granted for reading; one it only appends to, for putting."""
    used = accesses(function.name)
    for table, granted in granted_tables(function).items():
        actions = {each.action for each in used if each.table == f"{table.lower()}_table"}
        assert actions, f"{table}: granted and never used"
        if table == "Journal":
            assert granted == actions
        else:
            assert bool(granted & WRITES) == bool(actions & WRITES), f"{table}: {sorted(actions)}"
