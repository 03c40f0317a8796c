"""Rights against AWS's own reference: a statement that names the wrong resource grants nothing, or too little."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.architecture.reading import Json, as_list, template
from tests.architecture.rights_reference import (
    arns,
    granted_actions,
    is_known,
    overlap,
    reference,
    statements,
)

USED = {
    "image": "named by the launch template",
    "instance": "made",
    "launch-template": "named by the request",
    "network-interface": "made with the instance",
    "security-group": "named by the launch template",
    "spot-instances-request": "made by a Spot launch",
    "subnet": "named by the request's overrides",
    "volume": "made with the instance",
}
"""What a launch of ours uses, whether the reference requires it or not."""
LAUNCHES = {
    "ec2:CreateFleet": {"fleet", *USED},
    "ec2:RunInstances": set(USED),
    "ec2:CreateTags": {"instance", "volume"},
}
"""An instant fleet calls RunInstances in its caller's name; instances and volumes are tagged at birth."""
FLEETS_OWN_RIGHTS = "EC2 checks it in an instant fleet although the reference does not list it"
BEYOND_THE_REFERENCE = {
    ("ec2:CreateFleet", "network-interface"): FLEETS_OWN_RIGHTS,
    ("ec2:CreateFleet", "security-group"): FLEETS_OWN_RIGHTS,
    ("ec2:CreateFleet", "spot-instances-request"): FLEETS_OWN_RIGHTS,
    ("ec2:RunInstances", "spot-instances-request"): "a Spot launch makes one",
    ("states:SendTaskSuccess", "stateMachine"): "works on a state machine although the reference knows `*` only",
}
"""(action, kind) that is granted although the reference does not know it. Source: Karpenter's controller policy, which
launches by instant fleets in many accounts; aws-cdk, which grants SendTaskSuccess on the state machine."""
ANY_RESOURCE = {"servicequotas:GetServiceQuota": "references disagree whether a quota is a resource; this fits both"}
"""Actions that are granted on `*` although the reference knows a resource, with the reason."""
GLOBAL_KEYS = frozenset({"aws:SourceAccount", "aws:SourceArn", "aws:SecureTransport"})
"""Condition keys that every service knows."""
Granted = tuple[str, str, Json]


def granted() -> Iterator[Granted]:
    """(logical id, action, statement) of everything that the template allows."""
    for name, resource in template()["Resources"].items():
        for statement in statements(resource):
            if statement["Effect"] == "Allow":
                for action in as_list(statement["Action"]):
                    yield name, action, statement


def kinds(action: str, arn: str) -> set[str]:
    """The resource types of an ARN: those that the reference knows for this action, or the one it is granted beyond."""
    beyond = {kind for name, kind in BEYOND_THE_REFERENCE if name == action and f":{kind}" in arn}
    return reference()[action].kinds_of(arn) or beyond


def test_the_reference_has_every_action_of_the_template() -> None:
    """Otherwise: `write_rights_reference.py`."""
    assert granted_actions(template()["Resources"]) == set(reference())


def test_every_resource_is_one_that_its_action_knows() -> None:
    """An ARN of another type matches no request: the right would be there to read and not to use."""
    unknown = [
        (name, action, arn)
        for name, action, statement in granted()
        for arn in arns(statement)
        if arn != "*" and not kinds(action, arn)
    ]
    assert not unknown


def test_any_resource_is_granted_only_where_the_reference_knows_none() -> None:
    wide = {action for _, action, statement in granted() if "*" in arns(statement)}
    assert {action for action in wide if reference()[action].kinds} <= set(ANY_RESOURCE)


def test_every_role_that_may_do_something_may_do_it_to_all_that_it_needs() -> None:
    """Required types may be granted by several statements of one role."""
    covered: dict[tuple[str, str], set[str]] = {}
    for name, action, statement in granted():
        found = covered.setdefault((name, action), set())
        for arn in arns(statement):
            found |= kinds(action, arn)
    missing = {key: reference()[key[1]].required - found for key, found in covered.items()}
    assert not {key: types for key, types in missing.items() if types}


@pytest.mark.parametrize("action", LAUNCHES)
def test_a_launch_is_allowed_on_everything_that_it_touches(action: str) -> None:
    role = template()["Resources"]["LaunchInstanceMachineRole"]
    found = [arn for s in statements(role) if action in as_list(s["Action"]) for arn in arns(s)]
    assert LAUNCHES[action] <= {kind for arn in found for kind in kinds(action, arn)}


def test_what_a_launch_makes_carries_the_tag_of_the_stack() -> None:
    """Else the role could make instances that no rule of the stack reaches again."""
    making = [s for _, action, s in granted() if action in ("ec2:CreateFleet", "ec2:RunInstances")]
    tagged = {"StringEquals": {"aws:RequestTag/greenroom:stack": {"Ref": "AWS::StackName"}}}
    conditions = [
        statement.get("Condition")
        for statement in making
        if {"instance", "volume"} & {kind for arn in arns(statement) for kind in kinds("ec2:RunInstances", arn)}
    ]
    assert conditions
    assert all(condition == tagged for condition in conditions)


def test_every_condition_is_one_that_the_action_knows() -> None:
    """A key that the request does not have is never equal: the right would never hold."""
    unknown = []
    for name, action, statement in granted():
        entry = reference()[action]
        for key in (key for keys in statement.get("Condition", {}).values() for key in keys):
            always = entry.condition_keys | GLOBAL_KEYS
            of_kind = {each.name: each.condition_keys for each in entry.kinds}
            unknown += [
                (name, action, key, kind)
                for arn in arns(statement)
                for kind in (kinds(action, arn) or {"*"})
                if not is_known(key, always | of_kind.get(kind, frozenset()))
            ]
    assert not unknown


@pytest.mark.parametrize(
    ("desc", "first", "second", "expected"),
    [
        ("the same kind", "arn:*:ec2:*:*:instance/*", "arn:aws:ec2:us-east-1:1:instance/*", True),
        ("another kind", "arn:*:ec2:*:*:subnet/*", "arn:aws:ec2:us-east-1:1:instance/*", False),
        ("every kind", "arn:*:ec2:*:*:subnet/*", "arn:aws:ec2:us-east-1:1:*/*", True),
        ("images have no account", "arn:*:ec2:*::image/*", "arn:aws:ec2:us-east-1:1:image/*", False),
        ("anything", "arn:*:ec2:*::image/*", "*", True),
    ],
)
def test_arns_are_compared_part_by_part(desc: str, first: str, second: str, expected: bool) -> None:
    assert overlap(first, second) == expected, desc
