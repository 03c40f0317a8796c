"""What each role of a template may do, its managed policies resolved: a right is (role, action, resource, condition).

A function stands for its role. Of what AWS's own managed policies add (logs, traces) only the names are known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.architecture.reading import Json, as_list, statements_of

READING = re.compile(r":(Get|Query|Describe|List)")
"""What begins so reads only."""
OF_TABLES_ALONE = re.compile(r"dynamodb:(Get|Put|Update|Delete|ConditionCheck)")
"""What no index knows: granted on one, it is no right."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """`condition` is canonical JSON, or empty."""

    role: str
    action: str
    resource: str
    condition: str

    @property
    def is_write(self) -> bool:
        return not READING.search(self.action)


def rights_of(template: Json) -> set[Right]:
    """Every right that an identity of the template has."""
    return {right for role, statement in granted(template) for right in _rights(template, role, statement)}


def granted(template: Json) -> Iterator[tuple[str, Json]]:
    """(role, statement) of every allowing statement that is attached to a role; a function is named by its folder."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            role, policies = Path(properties["CodeUri"]).name, properties.get("Policies", [])
        elif resource["Type"] == "AWS::IAM::Role":
            own = [each["PolicyDocument"] for each in properties.get("Policies", [])]
            role, policies = name, [*properties.get("ManagedPolicyArns", []), *own, *_apart(template, name)]
        else:
            continue
        yield from ((role, each) for each in statements_of(template, policies) if each["Effect"] == "Allow")


def _apart(template: Json, role: str) -> list[Json]:
    """Policies that name the role."""
    return [
        resource["Properties"]["PolicyDocument"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy" and {"Ref": role} in resource["Properties"]["Roles"]
    ]


def _rights(template: Json, role: str, statement: Json) -> Iterator[Right]:
    condition = _canonical(statement.get("Condition"))
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            for named in resources(template, resource):
                if not (OF_TABLES_ALONE.match(action) and "/index/" in named):
                    yield Right(role, action, named, condition)


def _canonical(condition: Json | None) -> str:
    if not condition:
        return ""
    sorted_values = {
        operator: {key: sorted(str(_short(each)) for each in as_list(value)) for key, value in keys.items()}
        for operator, keys in condition.items()
    }
    return json.dumps(sorted_values, sort_keys=True)


def resources(template: Json, value: Any) -> list[str]:
    """The resources of a statement as short names: `SessionsTable/index/live`, `instance/*`."""
    if isinstance(value, dict) and "Fn::If" in value:
        return [each for branch in value["Fn::If"][1:] for each in resources(template, branch)]
    if isinstance(value, dict) and set(value) & {"Ref", "Fn::GetAtt"}:
        name = value.get("Ref") or value["Fn::GetAtt"][0]
        resource = template["Resources"].get(name, {})
        if resource.get("Type") == "AWS::Serverless::StateMachine":
            return ["stateMachine:" + resource["Properties"]["Name"]["Fn::Sub"]]
        return [name]
    return [_short(value)]


def _short(value: Any) -> str:
    """`!Sub 'arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*'` -> `instance/*`."""
    if isinstance(value, dict):
        value = value.get("Fn::Sub") or value.get("Ref") or json.dumps(value)
    text = re.sub(r"\$\{(\w+)(\.Arn)?\}", r"\1", str(value))
    return re.sub(r"^arn:\$\{AWS::Partition\}:[\w-]+:(\$\{AWS::Region\})?:(\$\{AWS::AccountId\})?:", "", text)
