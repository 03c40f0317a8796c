"""Gap: any instance can be stopped, and a start is never refused and changes nothing.

A start needs capacity like a launch (`InsufficientInstanceCapacity`), and gives another public address and launch time.
An instance of a one-time Spot request cannot be stopped. One unknown or unfit id refuses the whole call.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from greenroom_lab.engine.ec2_capacity import CAPACITY, Offering, Refusal
from greenroom_lab.engine.mends.ec2.ec2_states import ENDED, HOLDS, LOCK, TIMES, Instance, begin, end, zone_of


def apply() -> None:
    ec2._ACTION_MAP["TerminateInstances"] = terminate_instances
    ec2._ACTION_MAP["StopInstances"] = stop_instances
    ec2._ACTION_MAP["StartInstances"] = start_instances


def terminate_instances(parameters: dict[str, Any]) -> Any:
    return for_each_named("TerminateInstances", parameters, end)


def stop_instances(parameters: dict[str, Any]) -> Any:
    def stop(instance: Instance) -> None:
        if instance["State"]["Name"] in ("pending", "running"):
            begin(instance, "stopping", "stopped", TIMES.stopping_s)

    for instance_id in ec2._parse_member_list(parameters, "InstanceId"):
        if ec2._instances.get(instance_id, {}).get("_market") == "spot":
            message = (
                f"You can't stop the Spot Instance '{instance_id}' because it is associated with a one-time request."
            )
            return ec2._error("UnsupportedOperation", message, 400)
    return for_each_named("StopInstances", parameters, stop, refuse=ENDED)


def start_instances(parameters: dict[str, Any]) -> Any:
    ids, refuse = ec2._parse_member_list(parameters, "InstanceId"), (*ENDED, "stopping")
    with LOCK:
        if answer := unfit(ids, refuse):
            return answer
        stopped = [ec2._instances[each] for each in ids if ec2._instances[each]["State"]["Name"] == "stopped"]
        if refusal := take_for_start(stopped):
            return ec2._error(refusal.code, refusal.message, 500)
        return for_each_named("StartInstances", parameters, start, refuse)


def take_for_start(stopped: list[Instance]) -> Refusal | None:
    """Capacity for all of them or for none."""
    for number, instance in enumerate(stopped):
        offering = Offering(instance["InstanceType"], zone_of(instance["SubnetId"]), "on-demand")
        if refusal := CAPACITY.take(offering):
            for other in stopped[:number]:
                CAPACITY.give_back(other.pop(HOLDS))
            return refusal
        instance[HOLDS] = offering
    return None


def start(instance: Instance) -> None:
    if instance["State"]["Name"] == "stopped":
        instance["PublicIpAddress"] = ec2._random_ip("54.")
        instance["LaunchTime"] = ec2._now_ts()
        begin(instance, "pending", "running", TIMES.pending_s)


def for_each_named(action: str, parameters: dict[str, Any], change: Any, refuse: tuple[str, ...] = ()) -> Any:
    """Apply to all instances or to none: one unknown or unfit id refuses the call, as on AWS."""
    ids = ec2._parse_member_list(parameters, "InstanceId")
    items = []
    with LOCK:
        if refusal := unfit(ids, refuse):
            return refusal
        for instance_id in ids:
            instance = ec2._instances[instance_id]
            before = dict(instance["State"])
            change(instance)
            items.append(change_xml(instance_id, before, instance["State"]))
    return ec2._xml(200, f"{action}Response", f"<instancesSet>{''.join(items)}</instancesSet>")


def unfit(ids: list[str], refuse: tuple[str, ...]) -> Any:
    """EC2's error answer for the first id that is unknown or in a state to refuse; None when all are fit."""
    for instance_id in ids:
        instance = ec2._instances.get(instance_id)
        if instance is None:
            return ec2._error("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist", 400)
        if (state := instance["State"]["Name"]) in refuse:
            message = f"The instance '{instance_id}' is not in a state from which it can be changed: {state}"
            return ec2._error("IncorrectInstanceState", message, 400)
    return None


def change_xml(instance_id: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    def state(tag: str, value: dict[str, Any]) -> str:
        return f"<{tag}><code>{value['Code']}</code><name>{value['Name']}</name></{tag}>"

    return (
        f"<item><instanceId>{instance_id}</instanceId>"
        f"{state('previousState', before)}{state('currentState', after)}</item>"
    )
