"""Gap: an instance is running the moment it is asked for and gone the moment it is ended, and nobody is told.

Instances go pending → running, shutting-down → terminated, stopping → stopped, with the durations of `TIMES`, and each
step sends "EC2 Instance State-change Notification" to the default bus. The instance carries its market
(`instanceLifecycle`), and stays visible for an hour after its end.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
"""

from __future__ import annotations

import contextvars
import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, eventbridge

from greenroom_lab.engine.ec2_capacity import CAPACITY, Offering
from greenroom_lab.engine.mends.patching import replace_once, rewrite

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
ENDED = ("shutting-down", "terminated")
HOLDS = "_holds"
"""The key under which an instance keeps the offering it has taken from the market."""
ENTERED = "_entered_at"
"""When an instance entered each state last (epoch seconds): the lab's measure of a drive."""
Instance = dict[str, Any]


@dataclass(slots=True)
class Times:
    """How long the passing states last."""

    pending_s: float = 0.3
    shuttingDown_s: float = 0.3
    stopping_s: float = 0.3


TIMES = Times()
CHANGED = threading.Condition()
LOCK = threading.RLock()


@dataclass(frozen=True, slots=True)
class Marks:
    """What a launch says about its instances, set before their first event: its receivers look at the tags."""

    market: str
    client_token: str
    launch_template: dict[str, Any]
    tags: list[dict[str, str]]


MARKS: contextvars.ContextVar[Marks | None] = contextvars.ContextVar("greenroom_marks", default=None)


class Revision:
    """Counts the changes, so that a watcher can wait for the next one."""

    number = 0


def apply() -> None:
    launch, to_xml = ec2._launch_instances_internal, ec2._instance_xml

    def launch_pending(*args: Any, **kwargs: Any) -> list[Instance]:
        instances: list[Instance] = launch(*args, **kwargs)
        for instance in instances:
            place_in_subnet(instance)
            mark(instance, MARKS.get())
            begin(instance, "pending", "running", TIMES.pending_s)
        return instances

    def to_xml_with_market(instance: Instance) -> str:
        extra = "".join(f"<{tag}>{ec2._esc(value)}</{tag}>" for tag, value in extra_tags(instance))
        text: str = to_xml(instance)
        return replace_once(text, "<amiLaunchIndex>", extra + "<amiLaunchIndex>", "_instance_xml")

    ec2._launch_instances_internal = launch_pending
    ec2._instance_xml = to_xml_with_market
    rewrite(ec2, "_cleanup_terminated", ('_terminated_at", 0) > 60]', '_terminated_at", 0) > 3600]'))


def mark(instance: Instance, marks: Marks | None) -> None:
    if marks:
        instance[HOLDS] = Offering(instance["InstanceType"], zone_of(instance["SubnetId"]), marks.market)
        instance.update(_market=marks.market, _client_token=marks.client_token, _launch_template=marks.launch_template)
        ec2._tags[instance["InstanceId"]] = list(marks.tags)


def extra_tags(instance: Instance) -> list[tuple[str, str]]:
    tags = [("clientToken", instance["_client_token"])] if instance.get("_client_token") else []
    if instance.get("_market") == "spot":
        tags += [("instanceLifecycle", "spot"), ("spotInstanceRequestId", "sir-" + instance["InstanceId"][2:10])]
    return tags


def place_in_subnet(instance: Instance) -> None:
    """ministack puts every instance and its volume into zone a, whatever its subnet says."""
    zone = zone_of(instance["SubnetId"])
    instance["Placement"] = {**instance["Placement"], "AvailabilityZone": zone}
    for volume_id in volumes_of(instance):
        ec2._volumes[volume_id]["AvailabilityZone"] = zone


def zone_of(subnet_id: str) -> str:
    zone: str = ec2._subnets.get(subnet_id, {}).get("AvailabilityZone") or f"{get_region()}a"
    return zone


def volumes_of(instance: Instance) -> list[str]:
    return [mapping["Ebs"]["VolumeId"] for mapping in instance.get("BlockDeviceMappings", [])]


def begin(instance: Instance, passing: str, final: str, after_s: float) -> None:
    """Enter a passing state now and the final one later, unless something else happened meanwhile."""
    enter(instance, passing)
    run = contextvars.copy_context().run  # the timer's thread needs the caller's account and region
    timer = threading.Timer(after_s, run, (enter_from, instance, passing, final))
    timer.daemon = True
    timer.start()


def end(instance: Instance) -> None:
    """Shut down and be gone; harmless for an instance that is ending."""
    with LOCK:
        if instance["State"]["Name"] not in ENDED:
            begin(instance, "shutting-down", "terminated", TIMES.shuttingDown_s)


def enter_from(instance: Instance, expected: str, state: str) -> None:
    with LOCK:
        if instance["State"]["Name"] == expected:
            enter(instance, state)


def enter(instance: Instance, state: str) -> None:
    """Set the state, tell the default bus and whoever watches."""
    with LOCK:
        instance["State"] = {"Code": CODES[state], "Name": state}
        instance.setdefault(ENTERED, {})[state] = time.time()
        if state in ("stopped", "terminated") and (held := instance.pop(HOLDS, None)):
            CAPACITY.release(held)
        if state == "terminated":
            instance["_terminated_at"] = time.time()
            for volume_id in volumes_of(instance):
                ec2._volumes.pop(volume_id, None)
    send_aws_event(
        source="aws.ec2",
        detail_type="EC2 Instance State-change Notification",
        detail={"instance-id": instance["InstanceId"], "state": state},
        resources=[f"arn:aws:ec2:{get_region()}:{get_account_id()}:instance/{instance['InstanceId']}"],
    )
    with CHANGED:
        Revision.number += 1
        CHANGED.notify_all()


def send_aws_event(source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
    """What an AWS service says on the default bus. PutEvents itself refuses an `aws.` source, as on AWS."""
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": resources}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
