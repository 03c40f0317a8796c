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
- `POST /_greenroom/ec2/instances/<id>/omissions` `{"lists"}`: the next so many lists by filters leave it out
- `POST /_greenroom/ec2/instances/<id>/credentials` → the role credentials IMDS would give; session name = instance id
- `POST /_greenroom/events` `{"source", "detailType", "detail", "resources"}`: what an AWS service says on the default
  bus (`aws.ec2`: Spot warnings)
- `GET`, `PUT /_greenroom/lambda` `{"workers", "byName": {<part of a name>: n}, "patience_s"}`: processes per function,
  and how long a queue may stand (lambda_pool)
- `GET`, `PUT /_greenroom/crashes` `{"every": {<part of a name>: n}}`: every n-th write of a function to DynamoDB is its
  process's last; `killed` counts them by moment and call since the last `PUT` (lambda_crashes)
- `GET`, `PUT /_greenroom/conflicts` `{"every": n, "lasting": n}`: every n-th write to DynamoDB (0: none) finds its item
  in a running transaction, for so many writes of it; `met` counts them by call since the last `PUT` (table_conflicts)
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from greenroom_lab.engine import account_facts, fleet_answer
from greenroom_lab.engine.conflicts import CONFLICTS
from greenroom_lab.engine.crashes import CRASHES
from greenroom_lab.engine.ec2_capacity import CAPACITY
from greenroom_lab.engine.instance_doors import credentials_of, instance_of, set_state, watch_instances
from greenroom_lab.engine.mends.ec2 import ec2_states
from greenroom_lab.engine.mends.lambdas.lambda_pool import LIMITS
from greenroom_lab.engine.omissions import OMISSIONS
from greenroom_lab.engine.refused import Refused

Json = dict[str, Any]
App = Callable[..., Awaitable[None]]
PREFIX = "/_greenroom/"


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
        case "POST", ["ec2", "instances", instance_id, "omissions"]:
            OMISSIONS.plan(instance_of(instance_id)["InstanceId"], int(body["lists"]))
            return {}
        case "POST", ["ec2", "instances", instance_id, "credentials"]:
            return credentials_of(instance_of(instance_id), time.time())
        case "POST", ["events"]:
            detail_type, resources = body["detailType"], body.get("resources", [])
            ec2_states.send_aws_event(body["source"], detail_type, body["detail"], resources)
            return {}
        case "GET" | "PUT" as method, ["lambda"]:
            return set_workers(body) if method == "PUT" else workers()
        case "GET" | "PUT" as method, ["crashes"]:
            if method == "PUT":
                CRASHES.plan({str(part): int(number) for part, number in body["every"].items()})
            return {"every": CRASHES.every, "killed": dict(CRASHES.killed)}
        case "GET" | "PUT" as method, ["conflicts"]:
            if method == "PUT":
                CONFLICTS.plan(int(body["every"]), int(body.get("lasting", 1)))
            return {"every": CONFLICTS.every, "lasting": CONFLICTS.lasting, "met": dict(CONFLICTS.met)}
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


def workers() -> Json:
    return {"workers": LIMITS.workers, "byName": LIMITS.by_name, "patience_s": LIMITS.patience_s}


def set_workers(body: Json) -> Json:
    LIMITS.workers = int(body.get("workers", LIMITS.workers))
    LIMITS.patience_s = float(body.get("patience_s", LIMITS.patience_s))
    LIMITS.by_name = {str(part): int(limit) for part, limit in body.get("byName", {}).items()}
    return workers()
