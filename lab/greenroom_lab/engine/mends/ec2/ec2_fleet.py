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
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import ec2

from greenroom_lab.engine.ec2_capacity import CAPACITY
from greenroom_lab.engine.fleet_answer import Outcome, answer_xml, fleet_record, remember
from greenroom_lab.engine.fleet_request import Choice, InvalidRequest, choices_of, minimum_of, tags_of, wanted_of
from greenroom_lab.engine.mends.ec2.ec2_states import MARKS, Marks, volumes_of
from greenroom_lab.engine.rights.launch import refusal_of_fleet, refusal_of_launch

Json = dict[str, Any]


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
    if refused := refusal_of_fleet([choice.slot for choice in choices], tags):
        raise InvalidRequest(refused.code, refused.message, 403)
    wanted = wanted_of(parameters)
    plan = plan_launches(choices, wanted, minimum_of(parameters), tags, outcome)
    for choice, market, count in plan:
        outcome.launched.append((choice, market, launch(choice, market, count, tags, token)))
    remember(wanted, outcome, token)
    fleet_id = "fleet-" + new_uuid()
    if tags["fleet"]:
        ec2._tags[fleet_id] = as_tags(tags["fleet"])
    ec2._fleets[fleet_id] = fleet_record(fleet_id, outcome, wanted)
    return ec2._xml(200, "CreateFleetResponse", answer_xml(fleet_id, outcome))


def plan_launches(
    choices: list[Choice], wanted: dict[str, int], minimum: int, tags: dict[str, dict[str, str]], outcome: Outcome
) -> list[tuple[Choice, str, int]]:
    """Take from the market, first choice first; below the minimum, give everything back."""
    plan: list[tuple[Choice, str, int]] = []
    for market, missing in wanted.items():
        for choice in choices:
            count = 0
            refusal = refusal_of_launch(choice.slot, market, tags) if missing else None
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
