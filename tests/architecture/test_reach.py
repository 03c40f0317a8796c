"""A function is given exactly what its code uses: settings, and rights by action, resource and condition."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase

import pytest

from tests.architecture.reach import accesses, adapters, of_function
from tests.architecture.reading import Function, functions, pascal, shared_environment, socket_routes, template
from tests.architecture.rights.access import Access
from tests.architecture.rights.effective import Right, rights_of

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
SOCKET = [each for each in functions() if each.logical_id in socket_routes() or each.name == "authorize_connection"]


def methods(function: Function) -> set[tuple[str, str]]:
    return {(port, method) for port, method in of_function(function.name).ports if port in adapters()}


def rights(function: Function, prefix: str) -> list[Right]:
    return [each for each in RIGHTS if each.role == function.name and each.action.startswith(prefix)]


def calls(function: Function, prefix: str) -> list[Access]:
    return [each for each in accesses(function.name) if each.action.startswith(prefix)]


def resource_of(access: Access) -> str:
    """`SessionsTable`, `SessionsTable/index/live`."""
    return f"{pascal(access.table)}{access.index and f'/index/{access.index}'}"


def leading_keys(right: Right) -> list[str]:
    """The patterns of partition keys that a right is held to."""
    condition = json.loads(right.condition or "{}")
    assert set(condition) <= {"ForAllValues:StringLike"}, right
    found: list[str] = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", ["*"])
    return found


def allows(right: tuple[str, str, str], use: tuple[str, str, str]) -> bool:
    return right[:2] == use[:2] and fnmatchcase(use[2], right[2])


@every_function
def test_no_port_on_aws_is_handed_on_as_a_whole(function: Function) -> None:
    """Who gets it could call any of its methods, and the walk would see none."""
    on_aws = {port for port, adapter in adapters().items() if adapter.is_on_aws}
    assert not of_function(function.name).handed_on & on_aws


@every_function
def test_a_function_has_the_settings_its_code_reads(function: Function) -> None:
    """Beside what all functions are told, no others."""
    needed = {name for port, _ in methods(function) for name in adapters()[port].fields}
    needed |= of_function(function.name).settings
    if any(port == "ec2" and method in LOOKING for port, method in methods(function)):
        needed |= OPTIONAL
    assert {name.lower() for name in function.environment} == needed - {name.lower() for name in shared_environment()}


@every_function
def test_a_function_may_do_what_its_code_does_and_nothing_else(function: Function) -> None:
    needed = {each.action for each in accesses(function.name) if not each.table}
    needed |= {each for action in needed for each in BESIDES.get(action, ())}
    assert {each.action for each in rights(function, "") if not each.action.startswith("dynamodb:")} == needed


@every_function
def test_a_function_may_do_to_each_table_and_index_what_its_code_does_and_nothing_else(function: Function) -> None:
    needed = {(each.action, resource_of(each)) for each in accesses(function.name) if each.table}
    assert {(each.action, each.resource) for each in rights(function, "dynamodb:")} == needed


@every_function
def test_a_function_closes_connections_only_if_its_code_does(function: Function) -> None:
    used = {f"SocketApi/socket/{each.index}/@connections/*" for each in calls(function, "execute-api:")}
    assert {each.resource for each in rights(function, "execute-api:")} == used


@every_function
def test_a_function_answers_only_the_state_machines_that_its_code_answers(function: Function) -> None:
    waiting = {f"stateMachine:${{AWS::StackName}}-{ANSWERS[each]}" for each in of_function(function.name).answering}
    assert {each.resource for each in rights(function, "states:SendTaskSuccess")} == waiting


@every_function
def test_a_function_announces_the_kinds_of_events_that_its_code_makes_and_no_others(function: Function) -> None:
    """In one statement: AWS does not say how it judges a call whose kinds are granted by several."""
    kinds = sorted(of_function(function.name).announced)
    condition = {"StringEquals": {"events:detail-type": kinds, "events:source": ["greenroom"]}}
    granted = [(each.resource, json.loads(each.condition)) for each in rights(function, "events:")]
    assert granted == ([("Bus", condition)] if kinds else [])


def test_the_functions_behind_the_viewer_socket_are_found() -> None:
    assert [function.name for function in SOCKET] == ["authorize_connection", "record_connection", "relay_frame"]


@pytest.mark.parametrize("function", SOCKET, ids=lambda function: function.name)
def test_a_function_behind_the_viewer_socket_is_held_to_the_partitions_its_code_names(function: Function) -> None:
    """Anybody may speak to it. What it may touch is said by the first part of a key: of tickets, connections, lines."""
    used = {(each.action, resource_of(each), key) for each in calls(function, "dynamodb:") for key in each.keys}
    granted = {
        (each.action, each.resource, key) for each in rights(function, "dynamodb:") for key in leading_keys(each)
    }
    assert {right for right in granted if not re.fullmatch(r"[A-Z]+#\*", right[2])} == set()  # one kind of key each
    assert {use for use in used if not any(allows(right, use) for right in granted)} == set()
    assert {right for right in granted if not any(allows(right, use) for use in used)} == set()


@pytest.mark.parametrize(
    ("desc", "granted", "used", "expected"),
    [
        ("its own keys", "TICKET#*", "TICKET#*", True),
        ("one tenant's", "LINE#*", "LINE#default#*", True),
        ("another kind", "TICKET#*", "SESSION#*", False),
        ("any key", "TICKET#*", "*", False),
    ],
)
def test_a_pattern_allows_what_it_covers(desc: str, granted: str, used: str, expected: bool) -> None:
    assert allows(("get", "table", granted), ("get", "table", used)) == expected, desc
