"""The doors to instances: what a machine knows of itself, what happens to it, and the credentials of its role."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2, iam, sts

from greenroom_lab.engine.mends.ec2 import ec2_states
from greenroom_lab.engine.refused import Refused

Json = dict[str, Any]
CREDENTIALS_LAST_S = 6 * 3600
LONGEST_WAIT_S = 30.0
POLL_S = 0.05


async def watch_instances(after: int, wait_s: float) -> Json:
    """All instances, at once or when something changes past revision `after`."""
    ends = time.monotonic() + min(wait_s, LONGEST_WAIT_S)
    while ec2_states.Revision.number <= after and time.monotonic() < ends:
        await asyncio.sleep(POLL_S)
    revision = ec2_states.Revision.number
    return {"revision": revision, "instances": [view_of(instance) for instance in ec2._instances.values()]}


def view_of(instance: Json) -> Json:
    """What a machine knows of itself: IMDS, and its user data (base64)."""
    instance_id = instance["InstanceId"]
    return {
        "instanceId": instance_id,
        "state": instance["State"]["Name"],
        "instanceType": instance["InstanceType"],
        "zone": instance["Placement"]["AvailabilityZone"],
        "subnetId": instance["SubnetId"],
        "market": instance.get("_market", "on-demand"),
        "imageId": instance["ImageId"],
        "privateIp": instance["PrivateIpAddress"],
        "publicIp": instance["PublicIpAddress"],
        "tags": {tag["Key"]: tag["Value"] for tag in ec2._tags.get(instance_id, [])},
        "userData": instance.get("UserData", ""),
        "instanceProfileArn": (instance.get("IamInstanceProfile") or {}).get("Arn"),
        "launchTemplate": instance.get("_launch_template"),
        "launchTime": instance["LaunchTime"],
        "enteredAt": instance.get(ec2_states.ENTERED, {}),
    }


def instance_of(instance_id: str) -> Json:
    instance: Json | None = ec2._instances.get(instance_id)
    if instance is None:
        raise Refused(404, f"no instance {instance_id}")
    return instance


def set_state(instance: Json, state: str) -> Json:
    if state not in ec2_states.CODES:
        raise Refused(400, f"no such state: {state}")
    if state == "shutting-down":
        ec2_states.end(instance)
    elif instance["State"]["Name"] not in ("terminated", state):
        ec2_states.enter(instance, state)
    return view_of(instance)


def credentials_of(instance: Json, now: float) -> Json:
    """Temporary credentials of the instance's role, as IMDS hands them out."""
    if instance["State"]["Name"] not in ("pending", "running"):
        raise Refused(409, f"{instance['InstanceId']} is {instance['State']['Name']}")
    role = role_of((instance.get("IamInstanceProfile") or {}).get("Arn"))
    access_key, secret = "ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)
    token, expires = secrets.token_urlsafe(60), now + CREDENTIALS_LAST_S
    session = {
        "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{role['RoleName']}/{instance['InstanceId']}",
        "UserId": f"{role['RoleId']}:{instance['InstanceId']}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": expires,
        "AccountId": get_account_id(),
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(access_key, session)
    expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))
    return {"AccessKeyId": access_key, "SecretAccessKey": secret, "Token": token, "Expiration": expiration}


def role_of(profile_arn: str | None) -> Json:
    profile = iam._lookup_instance_profile(arn=profile_arn) if profile_arn else None
    if not profile or not profile.get("Roles"):
        raise Refused(404, "the instance has no profile with a role")
    role = profile["Roles"][0]
    name = role["RoleName"] if isinstance(role, dict) else role
    found: Json = iam._roles.get(name)
    return found
