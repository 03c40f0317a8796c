"""`make rights SINCE=`: a right that is gone, one of which a part is left, and a new one are told apart."""

from __future__ import annotations

import json

import pytest

from tests.architecture.reading import Json, template
from tests.architecture.rights.difference import covers, difference
from tests.architecture.rights.effective import Right, rights_of


def a_right(
    role: str = "read_pools",
    action: str = "dynamodb:PutItem",
    resource: str = "FleetTable",
    condition: Json | None = None,
) -> Right:
    return Right(role, action, resource, json.dumps(condition) if condition else "")


KEYS = "dynamodb:LeadingKeys"
TICKETS = {"ForAllValues:StringLike": {KEYS: ["TICKET#*"]}}
TICKETS_AND_PAGES = {"ForAllValues:StringLike": {KEYS: ["TICKET#*", "CONNECTION#*"]}}


@pytest.mark.parametrize(
    ("desc", "wide", "narrow", "expected"),
    [
        ("itself", a_right(), a_right(), True),
        ("another action", a_right(), a_right(action="dynamodb:GetItem"), False),
        (
            "a closer resource",
            a_right(resource="FleetTable/index/*"),
            a_right(resource="FleetTable/index/byPool"),
            True,
        ),
        (
            "a wider resource",
            a_right(resource="FleetTable/index/byPool"),
            a_right(resource="FleetTable/index/*"),
            False,
        ),
        ("a condition more", a_right(), a_right(condition=TICKETS), True),
        ("a condition fewer", a_right(condition=TICKETS), a_right(), False),
        ("fewer keys", a_right(condition=TICKETS_AND_PAGES), a_right(condition=TICKETS), True),
        ("more keys", a_right(condition=TICKETS), a_right(condition=TICKETS_AND_PAGES), False),
    ],
)
def test_a_right_covers_what_allows_no_more(desc: str, wide: Right, narrow: Right, expected: bool) -> None:
    assert covers(wide, narrow) == expected, desc


def test_gone_narrowed_and_new() -> None:
    gone, wide, new = a_right(resource="SessionsTable"), a_right(), a_right(action="dynamodb:DeleteItem")
    found = difference([gone, wide], [a_right(condition=TICKETS), new])
    assert (found.removed, found.narrowed, found.added) == ((gone,), (wide,), (new,))
    assert found.summary() == "write rights removed=1 added=1 narrowed=1"


def test_a_right_to_read_is_no_write_right() -> None:
    found = difference([a_right(action="dynamodb:Query"), a_right(action="ec2:DescribeImages", resource="*")], [])
    assert found.summary() == "write rights removed=0 added=0 narrowed=0"


def test_a_function_may_do_what_any_of_those_it_replaces_might() -> None:
    before = [a_right("stop_instances", "ec2:StopInstances"), a_right("start_instances", "ec2:StartInstances")]
    before.append(a_right("MaintainPoolMachineRole", "lambda:InvokeFunction", "StartInstancesFunction"))
    after = [a_right("follow_plan", "ec2:StopInstances"), a_right("follow_plan", "ec2:TerminateInstances")]
    after.append(a_right("MaintainPoolMachineRole", "lambda:InvokeFunction", "FollowPlanFunction"))
    found = difference(before, after)
    assert [each.action for each in found.removed] == ["ec2:StartInstances"]
    assert [each.action for each in found.added] == ["ec2:TerminateInstances"]


def test_every_role_of_the_template_is_shown_with_its_rights() -> None:
    found = rights_of(template())
    assert Right("read_events", "dynamodb:Query", "CatalogTable", "") in found
    assert {"InstanceRole", "RulesRole", "ReconcileFleetScheduleRole", "LaunchInstanceMachineRole"} <= {
        each.role for each in found
    }


def test_the_rights_of_a_managed_policy_are_its_roles() -> None:
    statement = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": {"Fn::GetAtt": ["JournalTable", "Arn"]}}
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"CodeUri": "functions/plan_pool/", "Policies": [{"Ref": "AppendJournal"}]},
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": "AppendJournal"}]}}
    resources = {"AppendJournal": policy, "PlanPoolFunction": function, "Reader": role}
    assert rights_of({"Resources": resources}) == {
        Right("plan_pool", "dynamodb:PutItem", "JournalTable", ""),
        Right("Reader", "dynamodb:PutItem", "JournalTable", ""),
    }
