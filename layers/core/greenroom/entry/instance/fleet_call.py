"""Converts our launch request to the arguments of CreateFleet, which the state machine calls, and its answers to ours.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.domain.instance.offering import Asked, FleetAnswer, LaunchedInstance, Offering, Refusal
from greenroom.usecases.instance.prepare_launch import FleetRequest


@dataclass(frozen=True, slots=True)
class Stack:
    """The settings that all instances of the stack share."""

    launch_template_id: str
    stack_name: str


def fleet_arguments(request: FleetRequest | None, stack: Stack) -> dict[str, Any] | None:
    """Asks for one instance, at once or not at all. On-demand follows our ranking, Spot EC2's own."""
    if request is None:
        return None
    template = {"LaunchTemplateId": stack.launch_template_id, "Version": "$Latest"}
    config = {"LaunchTemplateSpecification": template, "Overrides": list(_overrides(request))}
    strategy = {"SpotOptions": {"AllocationStrategy": "price-capacity-optimized"}}
    if request.market == "on-demand":
        strategy = {"OnDemandOptions": {"AllocationStrategy": "prioritized"}}
    return {
        "Type": "instant",
        "ClientToken": request.client_token,
        "LaunchTemplateConfigs": [config],
        "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": request.market},
        "TagSpecifications": [{"ResourceType": kind, "Tags": _tags(request, stack)} for kind in ("instance", "volume")],
        **strategy,
    }


def _overrides(request: FleetRequest) -> Iterator[dict[str, Any]]:
    for each in request.ranked:
        offering = each.offering
        override: dict[str, Any] = {"InstanceType": offering.instance_type, "SubnetId": offering.place}
        if request.market == "on-demand":
            override["Priority"] = each.priority
        yield override


def _tags(request: FleetRequest, stack: Stack) -> list[dict[str, str]]:
    own = {"stack": stack.stack_name, "pool": request.pool_id, "launch": request.launch_id}
    return [{"Key": f"greenroom:{name}", "Value": value} for name, value in own.items()]


def fleet_answer(attempts: Any, fault: str = "") -> FleetAnswer:
    """Attempts as the state machine collected them: `[{market, asked: <overrides>, fleet: <CreateFleet's answer>}]`.

    JSONata turns a list of one element into the element; both are accepted. `fault`: EC2's error for a refused call.
    """
    launched: list[LaunchedInstance] = []
    refusals: list[Refusal] = []
    asked: list[Asked] = []
    for attempt in _list(attempts):
        market, fleet = str(attempt.get("market", "")), attempt.get("fleet") or {}
        asked.append(Asked(market, tuple(_asked(each, market) for each in _list(attempt.get("asked")))))
        launched += [each for group in _list(fleet.get("Instances")) for each in _launched(group, market)]
        refusals += [_refusal(error, market) for error in _list(fleet.get("Errors"))]
    return FleetAnswer(tuple(launched), tuple(refusals), tuple(asked), fault)


def _asked(override: Mapping[str, Any], market: str) -> Offering:
    return Offering(override.get("InstanceType", ""), override.get("SubnetId", ""), market)


def _launched(group: Mapping[str, Any], market: str) -> Iterator[LaunchedInstance]:
    chosen = _chosen(group)
    for instance_id in _list(group.get("InstanceIds")):
        yield LaunchedInstance(
            instance_id=instance_id,
            instance_type=group.get("InstanceType") or chosen.get("InstanceType", ""),
            zone=chosen.get("AvailabilityZone", ""),
            market=group.get("Lifecycle") or market,
        )


def _refusal(error: Mapping[str, Any], market: str) -> Refusal:
    chosen = _chosen(error)
    named = "InstanceType" in chosen and "SubnetId" in chosen
    lifecycle = error.get("Lifecycle") or market
    offering = Offering(chosen["InstanceType"], chosen["SubnetId"], lifecycle) if named else None
    return Refusal(str(error.get("ErrorCode", "")), str(error.get("ErrorMessage", "")), offering, lifecycle)


def _chosen(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The override to which this part of the answer belongs."""
    found: Mapping[str, Any] = (part.get("LaunchTemplateAndOverrides") or {}).get("Overrides") or {}
    return found


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
