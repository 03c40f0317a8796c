"""Compares a statement's resources and conditions with what AWS says of its actions, in rights_reference.json.

`write_rights_reference.py` writes that file. The template's ARNs are made literal as far as their kind must be known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.architecture.reading import Json, as_list, template

REFERENCE = Path(__file__).with_name("rights_reference.json")
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "greenroom",
}
ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:us-east-1:123456789012:table/{}",
    "AWS::Events::EventBus": "events:us-east-1:123456789012:event-bus/{}",
    "AWS::IAM::Role": "iam::123456789012:role/{}",
    "AWS::S3::Bucket": "s3:::{}",
    "AWS::SecretsManager::Secret": "secretsmanager:us-east-1:123456789012:secret:{}",
    "AWS::Serverless::Function": "lambda:us-east-1:123456789012:function:{}",
    "AWS::Serverless::LayerVersion": "lambda:us-east-1:123456789012:layer:{}:1",
    "AWS::Serverless::StateMachine": "states:us-east-1:123456789012:stateMachine:{}",
    "AWS::SQS::Queue": "sqs:us-east-1:123456789012:{}",
}
"""Template type -> its ARN after `arn:aws:`; the logical id stands for the name."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type that an action knows. `required`: without it the action is refused whatever else is granted."""

    name: str
    required: bool
    arn: str
    condition_keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Action:
    """`condition_keys` hold for every resource."""

    kinds: tuple[Kind, ...]
    condition_keys: frozenset[str]

    def kinds_of(self, arn: str) -> set[str]:
        """The resource types that a granted ARN covers."""
        return {kind.name for kind in self.kinds if overlap(kind.arn, arn)}

    @property
    def required(self) -> set[str]:
        return {kind.name for kind in self.kinds if kind.required}


@cache
def reference() -> Mapping[str, Action]:
    """Every action of the file, by name."""
    return {
        name: Action(
            tuple(
                Kind(kind, each["required"], re.sub(r"\$\{\w+\}", "*", each["arn"]), frozenset(each["conditionKeys"]))
                for kind, each in entry["resources"].items()
            ),
            frozenset(entry["conditionKeys"]),
        )
        for name, entry in json.loads(REFERENCE.read_text())["actions"].items()
    }


def written_on() -> str:
    """The day of the reference's data."""
    return str(json.loads(REFERENCE.read_text())["written"])


def statements(value: Any) -> Iterator[Json]:
    """Every policy statement anywhere below `value`, trust policies left out."""
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value and "sts:AssumeRole" not in as_list(value["Action"]):
            yield value
        for inner in value.values():
            yield from statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from statements(inner)


def granted_actions(value: Any) -> set[str]:
    """What any statement below `value` allows."""
    return {action for s in statements(value) if s["Effect"] == "Allow" for action in as_list(s["Action"])}


def arns(statement: Json) -> list[str]:
    """A statement's resources as ARNs of some account, `*` included; both branches of an `Fn::If`."""
    return [arn for resource in as_list(statement["Resource"]) for arn in _literal(resource)]


def _literal(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    ((function, given),) = value.items()
    if function == "Fn::If":
        return [arn for branch in given[1:] for arn in _literal(branch)]
    if function == "Fn::Sub":
        return [re.sub(r"\$\{([^}]+)\}", lambda found: _named(found[1]), given)]
    return [_named(given if isinstance(given, str) else ".".join(given))]


def _named(name: str) -> str:
    """The value of `Thing` or `Thing.Attribute`: its ARN where it has one, else the name of it."""
    logical_id = name.split(".")[0]
    kind = template()["Resources"].get(logical_id, {}).get("Type", "")
    return PSEUDO.get(name) or (f"arn:aws:{ARNS[kind].format(logical_id)}" if kind in ARNS else logical_id)


def overlap(first: str, second: str) -> bool:
    """Whether two ARN patterns can name the same resource. `*` stays within a part of an ARN, but for the last."""
    parts, others = first.split(":", 5), second.split(":", 5)
    return "*" in (first, second) or (len(parts) == len(others) and all(map(_may_be_equal, parts, others)))


@cache
def _may_be_equal(first: str, second: str) -> bool:
    """Two patterns with `*`: does some text fit both?"""
    if not first or not second:
        return not (first + second).strip("*")
    if first[0] == "*" or second[0] == "*":
        star, other = (first, second) if first[0] == "*" else (second, first)
        return _may_be_equal(star[1:], other) or _may_be_equal(star, other[1:])
    return first[0] == second[0] and _may_be_equal(first[1:], second[1:])


def is_known(key: str, keys: frozenset[str]) -> bool:
    """Whether a condition key, such as `aws:RequestTag/team`, is one of `keys`."""
    return any(re.fullmatch(re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(each)), key, re.IGNORECASE) for each in keys)
