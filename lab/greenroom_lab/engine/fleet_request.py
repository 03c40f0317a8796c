"""What a CreateFleet call asks for, read from its wire form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ministack.services import ec2

from greenroom_lab.engine.ec2_capacity import Offering
from greenroom_lab.engine.mends.ec2.ec2_states import zone_of

Json = dict[str, Any]
CAPACITY_KEY = "TargetCapacitySpecification."


@dataclass(frozen=True, slots=True)
class Choice:
    """One override of one launch template."""

    slot: Json
    """ministack's launch parameters: image, type, subnet, user data, groups, profile, tags, the template's `spec`,
    and all that the `template` itself says."""
    order: tuple[float, int]

    def offering(self, market: str) -> Offering:
        return Offering(self.slot["instance_type"], zone_of(self.slot["subnet_id"]), market)


class InvalidRequest(Exception):
    """An EC2 error answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.answer = ec2._error(code, message, status)


def choices_of(parameters: Json) -> list[Choice]:
    """Every override of every configuration. Raises: InvalidRequest for an unknown launch template or subnet."""
    choices: list[Choice] = []
    for prefix in numbered(parameters, "LaunchTemplateConfigs"):
        spec = members(parameters, f"{prefix}.LaunchTemplateSpecification.")
        data, _, error = ec2._resolve_launch_template_data(spec)
        if error or not spec:
            message = f"The launch template {spec or 'of a configuration'} does not exist"
            raise InvalidRequest("InvalidLaunchTemplateId.NotFound", message)
        base = {**ec2._slot_from_lt_data(spec, data), "template": data or {}}
        overrides = [members(parameters, f"{each}.") for each in numbered(parameters, f"{prefix}.Overrides")]
        choices += [choice_of(base, override, len(choices) + n) for n, override in enumerate(overrides or [{}])]
    if not choices:
        raise InvalidRequest("MissingParameter", "The request must contain the parameter LaunchTemplateConfigs")
    return choices


def choice_of(base: Json, override: Json, position: int) -> Choice:
    slot = dict(base)
    slot["instance_type"] = override.get("InstanceType") or base["instance_type"]
    slot["image_id"] = override.get("ImageId") or base["image_id"]
    slot["subnet_id"] = override.get("SubnetId") or base["subnet_id"]
    if slot["subnet_id"] not in ec2._subnets:
        raise InvalidRequest("InvalidSubnetID.NotFound", f"The subnet ID '{slot['subnet_id']}' does not exist")
    return Choice(slot, (float(override.get("Priority") or 0), position))


def numbered(parameters: Json, name: str) -> list[str]:
    """`name.1`, `name.2`, … as long as the request has any member of it."""
    prefixes: list[str] = []
    while any(key.startswith(f"{name}.{len(prefixes) + 1}.") for key in parameters):
        prefixes.append(f"{name}.{len(prefixes) + 1}")
    return prefixes


def members(parameters: Json, prefix: str) -> Json:
    direct = (key for key in parameters if key.startswith(prefix) and "." not in key[len(prefix) :])
    return {key[len(prefix) :]: ec2._p(parameters, key) for key in direct}


def tags_of(parameters: Json, kind: str) -> dict[str, str]:
    """The request's tags for one resource type; the list is numbered in the singular on the wire."""
    tags: dict[str, str] = {}
    for prefix in numbered(parameters, "TagSpecification") + numbered(parameters, "TagSpecifications"):
        if ec2._p(parameters, f"{prefix}.ResourceType") == kind:
            for each in numbered(parameters, f"{prefix}.Tag") + numbered(parameters, f"{prefix}.Tags"):
                tag = members(parameters, f"{each}.")
                tags[tag["Key"]] = tag.get("Value", "")
    return tags


def wanted_of(parameters: Json) -> dict[str, int]:
    """How many instances of each market."""
    total = int(ec2._p(parameters, CAPACITY_KEY + "TotalTargetCapacity") or 0)
    wanted = {
        "on-demand": int(ec2._p(parameters, CAPACITY_KEY + "OnDemandTargetCapacity") or 0),
        "spot": int(ec2._p(parameters, CAPACITY_KEY + "SpotTargetCapacity") or 0),
    }
    rest = ec2._p(parameters, CAPACITY_KEY + "DefaultTargetCapacityType") or "on-demand"
    if rest not in wanted or total < 1:
        raise InvalidRequest("InvalidParameterValue", f"{total} instances of {rest} cannot be launched")
    wanted[rest] += max(0, total - sum(wanted.values()))
    return wanted


def minimum_of(parameters: Json) -> int:
    """The larger MinTargetCapacity of the two markets; 0 when none is given."""
    keys = ("OnDemandOptions.MinTargetCapacity", "SpotOptions.MinTargetCapacity")
    return max(int(ec2._p(parameters, key) or 0) for key in keys)
