"""What a CreateFleet call got: for the caller, for DescribeFleets, and for the lab."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ministack.services import ec2

from greenroom_lab.engine.ec2_capacity import Refusal
from greenroom_lab.engine.fleet_request import Choice
from greenroom_lab.engine.mends.ec2.ec2_states import zone_of

Json = dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What a fleet got."""

    launched: list[tuple[Choice, str, list[Json]]] = field(default_factory=list)
    """Choice, market, instances."""
    refused: list[tuple[Choice, str, Refusal]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FleetMade:
    """One CreateFleet that was carried out, for one market. Repeated tokens are not carried out again."""

    at: float
    market: str
    wanted: int
    launched: int
    offerings: tuple[str, ...]
    """`type zone` of what was launched."""
    refused: tuple[str, ...]
    """`type zone code` of what was not."""
    client_token: str


FLEETS: list[FleetMade] = []
"""Oldest first, since the engine's start."""


def remember(wanted: dict[str, int], outcome: Outcome, token: str) -> None:
    for market, number in wanted.items():
        launched = [(choice, each) for choice, where, each in outcome.launched if where == market]
        refused = [(choice, why) for choice, where, why in outcome.refused if where == market]
        made = FleetMade(
            at=time.time(),
            market=market,
            wanted=number,
            launched=sum(len(instances) for _, instances in launched),
            offerings=tuple(place_of(choice, market) for choice, _ in launched),
            refused=tuple(f"{place_of(choice, market)} {why.code}" for choice, why in refused),
            client_token=token,
        )
        if number:
            FLEETS.append(made)


def place_of(choice: Choice, market: str) -> str:
    offering = choice.offering(market)
    return f"{offering.instance_type} {offering.zone}"


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
