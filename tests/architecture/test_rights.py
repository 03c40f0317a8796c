"""Every role names its actions and, but for a reasoned few, its resources. A machine's role is what its ASL does."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.architecture.reading import (
    Function,
    Json,
    as_list,
    functions,
    pascal,
    resources,
    state_machine,
    state_machine_names,
    states,
    substitutions,
    template,
)
from tests.architecture.rights.effective import granted, rights_of
from tests.architecture.rights_reference import arns, statements

ANY_RESOURCE = {
    **dict.fromkeys(
        ["ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeSubnets"],
        "EC2 has no resource-level rights for looking",
    ),
    **dict.fromkeys(
        [
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ],
        "vended log delivery has no resources",
    ),
    **dict.fromkeys(
        ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "traces have no resources",
    ),
    "servicequotas:GetServiceQuota": "AWS's references disagree whether a quota is a resource",
}
"""Actions that AWS knows no resource for, with the reason."""
LOGS_AND_TRACES = {action for action in ANY_RESOURCE if action.startswith(("logs:", "xray:"))}
TABLES = {"Sessions", "Fleet", "Catalog", "Journal"}
READS = {"dynamodb:GetItem", "dynamodb:Query"}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}

CREATE_FLEET = {
    "ec2:CreateFleet",
    "ec2:RunInstances",
    "ec2:CreateTags",
    "iam:PassRole",
    "iam:CreateServiceLinkedRole",
}
"""What an instant fleet needs of its caller. Source: Amazon EC2 user guide, EC2 Fleet prerequisites."""


RIGHTS = rights_of(template())
ALLOWED = [statement for statement in statements(template()["Resources"]) if statement["Effect"] == "Allow"]


def test_no_right_is_a_wildcard() -> None:
    assert len(ALLOWED) > 60  # the walk above found them
    actions = {action for statement in ALLOWED for action in as_list(statement["Action"])}
    assert not {action for action in actions if "*" in action}


def test_any_resource_is_granted_only_where_aws_knows_none() -> None:
    wide = {action for s in ALLOWED if "*" in as_list(s.get("Resource")) for action in as_list(s["Action"])}
    assert wide <= set(ANY_RESOURCE)


def test_no_statement_excludes() -> None:
    assert not [s for s in statements(template()["Resources"]) if "NotAction" in s or "NotResource" in s]


@pytest.mark.parametrize("action", ["ec2:TerminateInstances", "ec2:StartInstances", "ec2:StopInstances"])
def test_what_changes_an_instance_is_limited_to_what_the_stack_launched(action: str) -> None:
    changing = [s for s in ALLOWED if action in as_list(s["Action"])]
    assert changing
    for statement in changing:
        assert statement["Condition"] == {
            "StringEquals": {"aws:ResourceTag/greenroom:stack": {"Ref": "AWS::StackName"}}
        }


def test_tags_are_given_at_birth_or_mark_orphans_of_this_stack() -> None:
    """Nothing else that runs in the account can be made ours."""
    marking = [s for s in ALLOWED if "ec2:CreateTags" in as_list(s["Action"])]
    born = [s for s in marking if "ec2:CreateAction" in s["Condition"]["StringEquals"]]
    for statement in (s for s in marking if s not in born):
        assert statement["Condition"] == {
            "StringEquals": {"aws:ResourceTag/greenroom:stack": {"Ref": "AWS::StackName"}},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["greenroom:orphan"]},
        }
    assert len(marking) == 2


def test_only_the_launch_machine_creates_instances() -> None:
    holders = {
        name
        for name, resource in template()["Resources"].items()
        for statement in statements(resource)
        if {"ec2:CreateFleet", "ec2:RunInstances"} & set(as_list(statement["Action"]))
    }
    assert holders == {"LaunchInstanceMachineRole"}


def granted_tables(function: Function) -> dict[str, set[str]]:
    """Table -> actions on it."""
    found: dict[str, set[str]] = {}
    for statement in function.statements:
        for resource in as_list(statement["Resource"]):
            name = str(resource.get("Fn::GetAtt", [""])[0]) if isinstance(resource, dict) else ""
            if name.endswith("Table"):
                found.setdefault(name.removesuffix("Table"), set()).update(as_list(statement["Action"]))
    return found


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
def test_nobody_changes_the_journal_or_scans_a_table(function: Function) -> None:
    tables = granted_tables(function)
    reads_decisions = function.name == "read_pools"
    assert tables.get("Journal", set()) <= ({"dynamodb:Query"} if reads_decisions else {"dynamodb:PutItem"})
    for table, actions in tables.items():
        assert actions <= READS | WRITES, table


def test_the_turn_servers_secret_is_read_by_the_relay_alone() -> None:
    holders = [function for function in functions() if "secretsmanager:GetSecretValue" in function.actions]
    assert [function.name for function in holders] == ["relay_frame"]
    (statement,) = [s for s in ALLOWED if "secretsmanager:GetSecretValue" in as_list(s["Action"])]
    condition, secret, nothing = statement["Resource"]["Fn::If"]
    assert (condition, secret) == ("HasTurnServer", {"Fn::GetAtt": ["TurnSecret", "Id"]})
    assert "*" not in nothing["Fn::Sub"]


def test_the_function_that_sees_tokens_may_do_nothing_else() -> None:
    authorizer = next(function for function in functions() if function.name == "authorize_viewer")
    assert authorizer.statements == []


def needed(name: str) -> set[str]:
    """The actions that a machine's ASL implies."""
    found: set[str] = set()
    for _, state in states(state_machine(name)):
        resource = state.get("Resource", "")
        if ":lambda:invoke" in resource:
            found.add("lambda:InvokeFunction")
        elif resource.endswith(":states:startExecution"):
            found.add("states:StartExecution")
        elif resource.endswith(":aws-sdk:ec2:createFleet"):
            found |= CREATE_FLEET
        elif resource.endswith(":events:putEvents"):
            found.add("events:PutEvents")
        else:
            assert not resource, f"{name}: no rights known for {resource}"
    return found


def role_statements(name: str) -> list[Json]:
    return [s for role, s in granted(template()) if role == f"{pascal(name)}MachineRole"]


@pytest.mark.parametrize("name", state_machine_names())
def test_a_machines_role_is_what_its_definition_does(name: str) -> None:
    allowed = {action for s in role_statements(name) for action in as_list(s["Action"])}
    assert allowed == needed(name) | LOGS_AND_TRACES
    properties = resources("AWS::Serverless::StateMachine")[f"{pascal(name)}Machine"]
    assert properties["Role"] == {"Fn::GetAtt": [f"{pascal(name)}MachineRole", "Arn"]}


@pytest.mark.parametrize("name", state_machine_names())
def test_a_machine_may_invoke_exactly_the_functions_it_names(name: str) -> None:
    used = {
        str(state["Arguments"]["FunctionName"]).strip("${}")
        for _, state in states(state_machine(name))
        if ":lambda:invoke" in state.get("Resource", "")
    }
    allowed = {
        resource["Fn::GetAtt"][0]
        for s in role_statements(name)
        if as_list(s["Action"]) == ["lambda:InvokeFunction"]
        for resource in as_list(s["Resource"])
    }
    assert allowed == used


@pytest.mark.parametrize("name", state_machine_names())
def test_a_machine_may_start_exactly_the_machines_it_names(name: str) -> None:
    properties = resources("AWS::Serverless::StateMachine")[f"{pascal(name)}Machine"]
    started = [
        properties["DefinitionSubstitutions"][str(state["Arguments"]["StateMachineArn"]).strip("${}")]
        for _, state in states(state_machine(name))
        if state.get("Resource", "").endswith("startExecution")
    ]
    allowed = [s["Resource"] for s in role_statements(name) if as_list(s["Action"]) == ["states:StartExecution"]]
    assert allowed == started


@pytest.mark.parametrize("name", state_machine_names())
def test_substitutions_are_named_as_what_they_stand_for(name: str) -> None:
    from tests.architecture.reading import state_machine_text

    given = resources("AWS::Serverless::StateMachine")[f"{pascal(name)}Machine"]["DefinitionSubstitutions"]
    assert set(given) == substitutions(state_machine_text(name))
    for key, value in given.items():
        if key.endswith("Function"):
            assert value == {"Fn::GetAtt": [key, "Arn"]}
        else:
            other = next(each for each in state_machine_names() if f"{pascal(each)}Machine" == key)
            assert value["Fn::Sub"].endswith(f":stateMachine:${{AWS::StackName}}-{other}")


def test_every_function_behind_a_machine_is_named_by_one_and_every_other_has_a_route() -> None:
    """No function is deployed that nothing can call."""
    by_state_machine = {
        key.removesuffix("Function")
        for properties in resources("AWS::Serverless::StateMachine").values()
        for key in properties["DefinitionSubstitutions"]
        if key.endswith("Function")
    }
    by_route = {pascal(function.name) for function in functions() if function.routes}
    by_permission = {
        properties["FunctionName"]["Ref"].removesuffix("Function")
        for properties in resources("AWS::Lambda::Permission").values()
    }
    assert by_state_machine | by_route | by_permission | {"AuthorizeViewer"} == {pascal(f.name) for f in functions()}
    assert not by_state_machine & (by_route | by_permission)


def test_an_instance_may_only_call_its_routes_and_fetch_its_agent() -> None:
    assert {(each.action, each.resource, each.condition) for each in RIGHTS if each.role == "InstanceRole"} == {
        ("execute-api:Invoke", "HttpApi/api/POST/agent/*", ""),
        ("lambda:GetLayerVersion", "AgentLayer", ""),
    }


def test_rules_start_the_state_machines_that_they_target_and_no_others() -> None:
    targets = {
        target["Arn"]["Ref"]
        for rule in resources("AWS::Events::Rule").values()
        for target in rule["Targets"]
        if "RoleArn" in target
    }
    machines = resources("AWS::Serverless::StateMachine")
    assert {(each.action, each.resource) for each in RIGHTS if each.role == "RulesRole"} == {
        ("states:StartExecution", f"stateMachine:{machines[name]['Name']['Fn::Sub']}") for name in targets
    }


@pytest.mark.parametrize("state_machine", ["reconcile_fleet", "prewarm_event"])
def test_a_schedule_starts_its_state_machine_or_tells_of_its_failure(state_machine: str) -> None:
    role = {"reconcile_fleet": "ReconcileFleetScheduleRole", "prewarm_event": "PrewarmScheduleRole"}[state_machine]
    assert {(each.action, each.resource) for each in RIGHTS if each.role == role} == {
        ("states:StartExecution", f"stateMachine:${{AWS::StackName}}-{state_machine}"),
        ("sqs:SendMessage", "DeadLetterQueue"),
    }


# -- who may become a role, or call a function


NO_SOURCE = {"ec2.amazonaws.com": "EC2 names no source when an instance takes its profile's role"}
"""Services whose trust cannot be limited to the account, with the reason."""


def trusts() -> list[tuple[str, Json]]:
    """(name, statement) of each trust policy; that of all functions is in Globals."""
    documents = {name: role["AssumeRolePolicyDocument"] for name, role in resources("AWS::IAM::Role").items()}
    documents["Globals"] = template()["Globals"]["Function"]["AssumeRolePolicyDocument"]
    return [(name, s) for name, document in documents.items() for s in document["Statement"]]


def test_a_service_becomes_a_role_only_for_this_account() -> None:
    """Else somebody else's rule or schedule could make the service act here."""
    assert len(trusts()) > 9
    for name, statement in trusts():
        service = statement["Principal"]["Service"]
        own = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert statement.get("Condition") == (None if service in NO_SOURCE else own), name
        assert statement["Action"] == "sts:AssumeRole"


def test_no_function_has_a_trust_of_its_own() -> None:
    assert not [each.name for each in functions() if {"Role", "AssumeRolePolicyDocument"} & set(each.properties)]


def test_a_service_calls_a_function_only_for_what_the_stack_owns() -> None:
    for name, permission in resources("AWS::Lambda::Permission").items():
        assert permission.get("SourceArn"), name


def test_a_service_uses_a_queue_or_bucket_only_for_what_the_stack_owns() -> None:
    kinds = ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy")
    found = [s for kind in kinds for s in statements(resources(kind)) if s["Effect"] == "Allow"]
    assert found
    for statement in found:
        keys = {key.lower() for condition in statement["Condition"].values() for key in condition}
        assert keys & {"aws:sourcearn", "aws:sourceaccount"}, statement


# -- what AWS allows of policies


MANAGED = resources("AWS::IAM::ManagedPolicy")
OF_SAM = 2
"""SAM attaches AWSLambdaBasicExecutionRole, and AWSXRayDaemonWriteAccess where traces are active."""


def attached() -> dict[str, list[str]]:
    """Function or role -> the managed policies that the template attaches."""
    roles = {name: role.get("ManagedPolicyArns", []) for name, role in resources("AWS::IAM::Role").items()}
    named = {each.name: each.properties.get("Policies", []) for each in functions()} | roles
    return {name: [each["Ref"] for each in policies if "Ref" in each] for name, policies in named.items()}


def test_a_role_has_fewer_managed_policies_than_aws_attaches() -> None:
    """Ten by default. Source: IAM user guide, IAM and STS quotas."""
    assert {name: len(found) for name, found in attached().items() if len(found) + OF_SAM >= 10} == {}


def test_a_managed_policy_is_shared() -> None:
    """What one role alone may do stands at the role."""
    users = Counter(policy for policies in attached().values() for policy in policies)
    assert set(users) == set(MANAGED)
    assert {name for name, count in users.items() if count < 2} == set()


def size(given: list[Json]) -> int:
    """Characters of the statements, their resources written out; AWS counts no white space."""
    literal = [{**s, "Resource": arns(s)} for s in given]
    return len(json.dumps({"Version": "2012-10-17", "Statement": literal}, separators=(",", ":")))


def test_policies_are_as_small_as_aws_demands() -> None:
    """6,144 characters of a managed policy, 10,240 of all that stands at a role. Source: as above."""
    managed = {name: size(as_list(policy["PolicyDocument"]["Statement"])) for name, policy in MANAGED.items()}
    assert {name: found for name, found in managed.items() if found > 6_144 * 3 / 4} == {}
    own = {
        each.name: [s for p in each.properties.get("Policies", []) for s in p.get("Statement", [])]
        for each in functions()
    }
    for name, role in resources("AWS::IAM::Role").items():
        own[name] = [s for p in role.get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
    assert {name: size(found) for name, found in own.items() if size(found) > 10_240 * 3 / 4} == {}
