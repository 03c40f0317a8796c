"""The engine's own doors, on its port under `/_greenroom/`: what the lab needs and no AWS API offers.

All bodies are JSON. Loopback only, and closed to web pages (a request with an `Origin` is refused).

- `GET /_greenroom/ready` → `{"mends": [...]}` once the engine serves
- `GET /_greenroom/ec2` → `{"rules": [...], "times": {...}}`
- `PUT /_greenroom/ec2` replaces either: rules of `ec2_capacity.Rule` (the first match decides; `[]`: all there is),
  times of `ec2_states.Times`
- `GET /_greenroom/account` → `{"quotas", "freeAddresses", "missingImages", "throttled", "calls"}`; `PUT` replaces the
  fields it names (account_facts); `calls` counts the EC2 calls by action
- `GET /_greenroom/ec2/fleets` → `{"fleets": [...]}`: every CreateFleet so far, by market: wanted, launched, refused
- `GET /_greenroom/ec2/instances?after=<revision>&wait_s=<s>` → `{"revision", "instances": [...]}`, at once or when
  something changed past `after`
- `POST /_greenroom/ec2/instances/<id>/state` `{"state"}`: what a machine does itself: `terminated` (gone at once),
  `shutting-down` (EC2 ends it, with both events), `stopped`, `running`
- `POST /_greenroom/ec2/instances/<id>/credentials` → the role credentials IMDS would give; session name = instance id
- `POST /_greenroom/events` `{"source", "detailType", "detail", "resources"}`: what an AWS service says on the default
  bus (`aws.ec2`: Spot warnings)
- `GET`, `PUT /_greenroom/lambda` `{"workers", "byName": {<part of a name>: n}}`: processes per function (lambda_pool)
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from ministack.core.responses import get_account_id
from ministack.services import ec2, iam, sts

from greenroom_lab.engine import account_facts, fleet_answer
from greenroom_lab.engine.ec2_capacity import CAPACITY
from greenroom_lab.engine.mends import ec2_states
from greenroom_lab.engine.mends.lambda_pool import LIMITS

Json = dict[str, Any]
App = Callable[..., Awaitable[None]]
PREFIX = "/_greenroom/"
CREDENTIALS_LAST_S = 6 * 3600
LONGEST_WAIT_S = 30.0
POLL_S = 0.05


class Refused(Exception):
    """The request cannot be done: HTTP status and one sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def with_doors(app: App, mends: list[str]) -> App:
    """ministack's application, with the doors in front."""

    async def application(scope: Json, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        try:
            status, answer = 200, await answer_to(scope, await body_of(receive), mends)
        except Refused as refused:
            status, answer = refused.status, {"error": str(refused)}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            status, answer = 400, {"error": f"{type(error).__name__}: {error}"}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return application


async def body_of(receive: Any) -> Json:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    raw = b"".join(chunks)
    body = json.loads(raw) if raw else {}
    if not isinstance(body, dict):
        raise Refused(400, "the body must be an object")
    return body


async def answer_to(scope: Json, body: Json, mends: list[str]) -> Json:
    """Raises: Refused."""
    if any(name == b"origin" for name, _ in scope["headers"]):
        raise Refused(403, "these doors are not for web pages")
    match scope["method"], scope["path"].removeprefix(PREFIX).split("/"):
        case "GET", ["ready"]:
            return {"mends": mends}
        case "GET" | "PUT" as method, ["ec2"]:
            return set_market(body) if method == "PUT" else market()
        case "GET" | "PUT" as method, ["account"]:
            if method == "PUT":
                account_facts.set_facts(body)
            return account()
        case "GET", ["ec2", "fleets"]:
            return {"fleets": [asdict(fleet) for fleet in fleet_answer.FLEETS]}
        case "GET", ["ec2", "instances"]:
            query = parse_qs(scope["query_string"].decode())
            return await watch_instances(int(query.get("after", ["-1"])[0]), float(query.get("wait_s", ["0"])[0]))
        case "POST", ["ec2", "instances", instance_id, "state"]:
            return set_state(instance_of(instance_id), body["state"])
        case "POST", ["ec2", "instances", instance_id, "credentials"]:
            return credentials_of(instance_of(instance_id), time.time())
        case "POST", ["events"]:
            detail_type, resources = body["detailType"], body.get("resources", [])
            ec2_states.send_aws_event(body["source"], detail_type, body["detail"], resources)
            return {}
        case "GET" | "PUT" as method, ["lambda"]:
            return set_workers(body) if method == "PUT" else workers()
    raise Refused(404, "no such door")


def market() -> Json:
    return {"rules": CAPACITY.describe(), "times": asdict(ec2_states.TIMES)}


def set_market(body: Json) -> Json:
    unknown = set(body) - {"rules", "times"}
    if unknown:
        raise Refused(400, f"unknown: {', '.join(sorted(unknown))}")
    if "rules" in body:
        CAPACITY.replace(body["rules"])
    for name, value in body.get("times", {}).items():
        if name not in asdict(ec2_states.TIMES):
            raise Refused(400, f"no such time: {name}")
        setattr(ec2_states.TIMES, name, float(value))
    return market()


def account() -> Json:
    return {**asdict(account_facts.FACTS), "calls": dict(account_facts.CALLS)}


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


def workers() -> Json:
    return {"workers": LIMITS.workers, "byName": LIMITS.by_name}


def set_workers(body: Json) -> Json:
    LIMITS.workers = int(body.get("workers", LIMITS.workers))
    LIMITS.by_name = {str(part): int(limit) for part, limit in body.get("byName", {}).items()}
    return workers()
