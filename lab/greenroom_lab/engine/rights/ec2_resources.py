"""ARNs of EC2 resources, and their tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

YET_TO_BE_MADE = "*"
"""How AWS names what a call is about to make, in the resource it asks about."""
OF_NO_ACCOUNT = ("image", "snapshot")
KINDS = {
    "ami": "image",
    "eni": "network-interface",
    "fleet": "fleet",
    "i": "instance",
    "lt": "launch-template",
    "sg": "security-group",
    "sir": "spot-instances-request",
    "subnet": "subnet",
    "vol": "volume",
}
"""By what an id begins with."""


def arn_of(kind: str, name: str = YET_TO_BE_MADE) -> str:
    account = "" if kind in OF_NO_ACCOUNT else get_account_id()
    return f"arn:aws:ec2:{get_region()}:{account}:{kind}/{name}"


def arn_of_id(resource_id: str) -> str:
    """Of a kind that we know; `*` for others."""
    kind = KINDS.get(resource_id.partition("-")[0])
    return arn_of(kind, resource_id) if kind else "*"


def tagged() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every tagged resource of a kind that we know, by ARN."""
    for resource_id, tags in list(ec2._tags.items()):
        if str(resource_id).partition("-")[0] in KINDS:
            yield arn_of_id(str(resource_id)), tags
