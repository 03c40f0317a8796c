"""What CloudFormation says is left of a stack: its outputs are not there while it is half made, nor half gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from greenroom_cli.aws.stacks import Stack


@dataclass(frozen=True, slots=True)
class Resource:
    """`name` is the physical one, by which its service knows it; `reason`: why it failed, if CloudFormation says."""

    logical_id: str
    kind: str
    name: str
    status: str
    reason: str = ""


def resources_of(cloudformation: Any, stack: Stack) -> tuple[Resource, ...]:
    """All that are not deleted yet. Raises: ClientError, BotoCoreError."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.stack_id)
    found = [
        Resource(
            each["LogicalResourceId"],
            each["ResourceType"],
            each.get("PhysicalResourceId", ""),
            each["ResourceStatus"],
            each.get("ResourceStatusReason", ""),
        )
        for page in pages
        for each in page["StackResourceSummaries"]
    ]
    return tuple(each for each in found if each.name and each.status != "DELETE_COMPLETE")


def names(resources: Sequence[Resource], kind: str) -> list[str]:
    """Of all resources of a kind, such as `AWS::S3::Bucket`."""
    return [each.name for each in resources if each.kind == kind]
