"""Gap: CreateFleet ignores ClientToken, always has capacity, and spreads instances blindly over all overrides.

An `instant` fleet takes its overrides by Priority, then in the order written; each may be refused by the market of
`ec2_capacity`. What was refused is in `Errors[]`, and fewer instances (or none) come back: CreateFleet itself succeeds,
as on AWS. The same ClientToken with the same request gives the same answer; with another request,
`IdempotentParameterMismatch`. `MinTargetCapacity` is all or nothing. Other types than `instant` are refused.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html,
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import ec2

from greenroom_lab.engine.ec2_capacity import CAPACITY, Offering, Refusal
from greenroom_lab.engine.mends.ec2_states import MARKS, Marks, volumes_of, zone_of

Json = dict[str, Any]
CAPACITY_KEY = "TargetCapacitySpecification."


@dataclass(frozen=True, slots=True)
class Choice:
    """One override of one launch template."""

    slot: Json
    """ministack's launch parameters: image, type, subnet, user data, groups, profile, tags, template `spec`."""
    order: tuple[float, int]

    def offering(self, market: str) -> Offering:
        return Offering(self.slot["instance_type"], zone_of(self.slot["subnet_id"]), market)


@dataclass(slots=True)
class Outcome:
    """What a fleet got."""

    launched: list[tuple[Choice, str, list[Json]]] = field(default_factory=list)
    """Choice, market, instances."""
    refused: list[tuple[Choice, str, Refusal]] = field(default_factory=list)


class InvalidRequest(Exception):
    """An EC2 error answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = ec2._error(code, message, 400)


_answers: dict[str, tuple[str, Any]] = {}
_lock = threading.Lock()


def apply() -> None:
    ec2._ACTION_MAP["CreateFleet"] = create_fleet


def create_fleet(parameters: Json) -> Any:
    """One at a time: two calls with one token must not both launch."""
    token = ec2._p(parameters, "ClientToken")
    request = json.dumps({key: ec2._p(parameters, key) for key in sorted(parameters)})
    with _lock:
        if token in _answers:
            before, answer = _answers[token]
            if before != request:
                message = "The request uses the same client token as a previous, but non-identical request."
                return ec2._error("IdempotentParameterMismatch", message, 400)
            return answer
        try:
            answer = launch_fleet(parameters, token)
        except InvalidRequest as invalid:
            return invalid.answer
        if token:
            _answers[token] = (request, answer)
        return answer


def launch_fleet(parameters: Json, token: str) -> Any:
    if (ec2._p(parameters, "Type") or "maintain") != "instant":
        raise InvalidRequest("UnsupportedOperation", "The embedded AWS knows instant fleets only")
    choices = sorted(choices_of(parameters), key=lambda choice: choice.order)
    outcome = Outcome()
    tags = {kind: tags_of(parameters, kind) for kind in ("instance", "volume", "fleet")}
    wanted = wanted_of(parameters)
    plan = plan_launches(choices, wanted, minimum_of(parameters), outcome)
    for choice, market, count in plan:
        outcome.launched.append((choice, market, launch(choice, market, count, tags, token)))
    fleet_id = "fleet-" + new_uuid()
    if tags["fleet"]:
        ec2._tags[fleet_id] = as_tags(tags["fleet"])
    ec2._fleets[fleet_id] = fleet_record(fleet_id, outcome, wanted)
    return ec2._xml(200, "CreateFleetResponse", answer_xml(fleet_id, outcome))


def choices_of(parameters: Json) -> list[Choice]:
    """Every override of every configuration. Raises: InvalidRequest for an unknown launch template or subnet."""
    choices: list[Choice] = []
    for prefix in numbered(parameters, "LaunchTemplateConfigs"):
        spec = members(parameters, f"{prefix}.LaunchTemplateSpecification.")
        data, _, error = ec2._resolve_launch_template_data(spec)
        if error or not spec:
            message = f"The launch template {spec or 'of a configuration'} does not exist"
            raise InvalidRequest("InvalidLaunchTemplateId.NotFound", message)
        base = ec2._slot_from_lt_data(spec, data)
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


def plan_launches(
    choices: list[Choice], wanted: dict[str, int], minimum: int, outcome: Outcome
) -> list[tuple[Choice, str, int]]:
    """Take from the market, first choice first; below the minimum, give everything back."""
    plan: list[tuple[Choice, str, int]] = []
    for market, missing in wanted.items():
        for choice in choices:
            count = 0
            refusal = None
            while count < missing and not refusal:
                refusal = CAPACITY.take(choice.offering(market))
                count += not refusal
            missing -= count
            if refusal:
                outcome.refused.append((choice, market, refusal))
            if count:
                plan.append((choice, market, count))
    if sum(count for *_, count in plan) < minimum:
        for choice, market, count in plan:
            for _ in range(count):
                CAPACITY.give_back(choice.offering(market))
        return []
    return plan


def launch(choice: Choice, market: str, count: int, tags: dict[str, dict[str, str]], token: str) -> list[Json]:
    slot = choice.slot
    with_tags = {**{tag["Key"]: tag["Value"] for tag in slot["instance_tags"]}, **tags["instance"]}
    keys = ("image_id", "instance_type", "subnet_id", "key_name", "user_data", "sg_ids", "iam_profile")
    token_of_marks = MARKS.set(Marks(market, token, slot["spec"], as_tags(with_tags)))
    try:
        instances: list[Json] = ec2._launch_instances_internal(count=count, **{key: slot[key] for key in keys})
    finally:
        MARKS.reset(token_of_marks)
    for instance in instances:
        for volume_id in volumes_of(instance):
            ec2._tags[volume_id] = as_tags(tags["volume"])
    return instances


def as_tags(tags: dict[str, str]) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def answer_xml(fleet_id: str, outcome: Outcome) -> str:
    instances = "".join(
        f"<item>{choice_xml(choice, market)}<instanceIds>"
        + "".join(f"<item>{instance['InstanceId']}</item>" for instance in launched)
        + f"</instanceIds><instanceType>{choice.slot['instance_type']}</instanceType></item>"
        for choice, market, launched in outcome.launched
    )
    errors = "".join(
        f"<item>{choice_xml(choice, market)}<errorCode>{refusal.code}</errorCode>"
        f"<errorMessage>{ec2._esc(refusal.message)}</errorMessage></item>"
        for choice, market, refusal in outcome.refused
    )
    return f"<fleetId>{fleet_id}</fleetId><errorSet>{errors}</errorSet><fleetInstanceSet>{instances}</fleetInstanceSet>"


def choice_xml(choice: Choice, market: str) -> str:
    spec, slot = choice.slot["spec"], choice.slot
    names = {"LaunchTemplateId": "launchTemplateId", "LaunchTemplateName": "launchTemplateName", "Version": "version"}
    template = "".join(f"<{tag}>{ec2._esc(spec[name])}</{tag}>" for name, tag in names.items() if spec.get(name))
    return (
        f"<launchTemplateAndOverrides><launchTemplateSpecification>{template}</launchTemplateSpecification>"
        f"<overrides><instanceType>{slot['instance_type']}</instanceType><subnetId>{slot['subnet_id']}</subnetId>"
        f"<availabilityZone>{zone_of(slot['subnet_id'])}</availabilityZone></overrides></launchTemplateAndOverrides>"
        f"<lifecycle>{market}</lifecycle>"
    )


def fleet_record(fleet_id: str, outcome: Outcome, wanted: dict[str, int]) -> Json:
    """What DescribeFleets shows of it."""
    count = dict.fromkeys(wanted, 0)
    for _, market, instances in outcome.launched:
        count[market] += len(instances)
    items = [
        {
            "InstanceIds": [instance["InstanceId"] for instance in instances],
            "InstanceType": choice.slot["instance_type"],
            "Lifecycle": market,
            "LaunchTemplateSpec": choice.slot["spec"],
        }
        for choice, market, instances in outcome.launched
    ]
    return {
        "FleetId": fleet_id,
        "FleetState": "active",
        "ActivityStatus": "fulfilled" if not outcome.refused else "error",
        "CreateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "Type": "instant",
        "FulfilledCapacity": float(sum(count.values())),
        "FulfilledOnDemandCapacity": float(count["on-demand"]),
        "TargetCapacitySpecification": {
            "TotalTargetCapacity": sum(wanted.values()),
            "OnDemandTargetCapacity": wanted["on-demand"],
            "SpotTargetCapacity": wanted["spot"],
            "DefaultTargetCapacityType": "on-demand",
        },
        "LaunchTemplateConfigs": [],
        "Instances": items,
        "Tags": [],
    }
