"""What a launch asks of its caller, by resource type.

CreateFleet asks about the fleet, the instances, and the launch template, subnets, images and volumes that the request
or its template names; a no refuses the call. Then an instant fleet runs instances in the caller's name, and each
override asks for ec2:RunInstances on everything it uses, ec2:CreateTags on what it tags and iam:PassRole on the
instance's role; a no is an entry of the answer's `Errors`, with the code UnauthorizedOperation.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html; the refusals quoted in
aws/karpenter-provider-aws issues 5185 (CreateFleet on a subnet: the call), 1488 (RunInstances: fleet error), 6298
(PassRole: fleet error) and aws-samples/cdk-eks-karpenter issue 150 (CreateTags: fleet error).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_region
from ministack.services import ec2, iam

from greenroom_lab.engine.ec2_capacity import Refusal
from greenroom_lab.engine.rights.callers import CALLER, Question, refusal_of
from greenroom_lab.engine.rights.ec2_resources import YET_TO_BE_MADE, arn_of

Json = dict[str, Any]
Tags = Mapping[str, Mapping[str, str]]
"""Resource type -> the tags that a request gives what it makes."""
FLEET, RUN, TAG = "ec2:CreateFleet", "ec2:RunInstances", "ec2:CreateTags"
CODE, SENTENCE = "UnauthorizedOperation", "You are not authorized to perform this operation."


@dataclass(slots=True)
class Held:
    """Whether launches are held to their caller's policies: set by the mend of launch_rights."""

    launches: bool = False


HELD = Held()


def refusal_of_fleet(slots: list[Json], tags: Tags) -> Refusal | None:
    """Why the caller may not create this fleet at all."""
    return refusal(fleet_questions(slots, tags))


def refusal_of_launch(slot: Json, market: str, tags: Tags) -> Refusal | None:
    """Why the caller may not run an instance of this override."""
    return refusal(launch_questions(slot, market, tags))


def refusal(questions: Iterator[Question]) -> Refusal | None:
    words = refusal_of(CALLER.get(), questions) if HELD.launches else None
    return Refusal(CODE, f"{SENTENCE} {words}") if words else None


def fleet_questions(slots: list[Json], tags: Tags) -> Iterator[Question]:
    yield Question(FLEET, arn_of("fleet"), keys_of(tags, "fleet"))
    yield Question(FLEET, arn_of("instance"), keys_of(tags, "instance"))
    if tags.get("volume") or any(slot["template"].get("BlockDeviceMappings") for slot in slots):
        yield Question(FLEET, arn_of("volume"), keys_of(tags, "volume"))
    for resource in dict.fromkeys(each for slot in slots for each in named_by(slot)):
        yield Question(FLEET, resource, keys_of(tags))
    if tags.get("fleet"):
        yield Question(TAG, arn_of("fleet"), {**keys_of(tags, "fleet"), "ec2:CreateAction": "CreateFleet"})


def launch_questions(slot: Json, market: str, tags: Tags) -> Iterator[Question]:
    given = {kind: {**template_tags(slot, kind), **tags.get(kind, {})} for kind in ("instance", "volume")}
    described = {"ec2:InstanceType": slot["instance_type"], "ec2:InstanceMarketType": market}
    yield Question(RUN, arn_of("instance"), {**keys_of(given, "instance"), **described})
    yield Question(RUN, arn_of("volume"), keys_of(given, "volume"))
    for resource in (*named_by(slot), *placed_by(slot)):
        yield Question(RUN, resource, keys_of(given))
    if market == "spot":
        yield Question(RUN, arn_of("spot-instances-request"), keys_of(given))
    for kind in (kind for kind, pairs in given.items() if pairs):
        yield Question(TAG, arn_of(kind), {**keys_of(given, kind), "ec2:CreateAction": "RunInstances"})
    yield from passing_questions(slot)


def passing_questions(slot: Json) -> Iterator[Question]:
    """iam:PassRole on the roles of the instance profile."""
    profile = iam._lookup_instance_profile(arn=(slot["iam_profile"] or {}).get("Arn") or "") or {}
    for role in profile.get("Roles", []):
        name = role["RoleName"] if isinstance(role, dict) else role
        yield Question("iam:PassRole", iam._roles[name]["Arn"], {"iam:PassedToService": "ec2.amazonaws.com"})


def named_by(slot: Json) -> Iterator[str]:
    """What exists already and the request or its template names. A template given by its name is asked about as any."""
    if slot["spec"]:
        yield arn_of("launch-template", slot["spec"].get("LaunchTemplateId") or YET_TO_BE_MADE)
    yield arn_of("subnet", slot["subnet_id"])
    yield arn_of("image", slot["image_id"])


def placed_by(slot: Json) -> Iterator[str]:
    """What a running instance has besides."""
    interfaces = slot["template"].get("NetworkInterfaces") or []
    groups = [group for interface in interfaces for group in interface.get("Groups") or []]
    yield arn_of("network-interface")
    for group in groups or slot["sg_ids"] or [ec2._DEFAULT_SG_ID]:
        yield arn_of("security-group", group)
    if slot["key_name"]:
        yield arn_of("key-pair", slot["key_name"])


def template_tags(slot: Json, kind: str) -> dict[str, str]:
    """The tags that the launch template itself gives."""
    specifications = slot["template"].get("TagSpecifications") or []
    return {tag["Key"]: tag["Value"] for each in specifications if each["ResourceType"] == kind for tag in each["Tags"]}


def keys_of(tags: Tags, kind: str = "") -> Json:
    """The condition keys of a question about a resource of this type."""
    given = tags.get(kind) or {}
    keys: Json = {f"aws:RequestTag/{name}": value for name, value in given.items()}
    return {**keys, "ec2:Region": get_region(), **({"aws:TagKeys": list(given)} if given else {})}
