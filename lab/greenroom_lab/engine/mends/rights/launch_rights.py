"""Gap: CreateFleet and RunInstances ask about one guessed resource, know no tags, and never ask for `iam:PassRole`.

They are asked about every resource type that a launch uses, as rights/launch.py says, on behalf of whoever calls: the
credentials of a request, or a state machine's role (mend machine_roles).
"""

from __future__ import annotations

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import ec2

from greenroom_lab.engine.fleet_request import tags_of
from greenroom_lab.engine.rights import launch
from greenroom_lab.engine.rights.callers import CALLER

ACTIONS = {launch.FLEET, launch.RUN}


def apply() -> None:
    launch.HELD.launches = True
    leave_launches_to_ec2()
    run = ec2._ACTION_MAP["RunInstances"]

    def run_if_allowed(parameters: dict[str, Any]) -> Any:
        tags = {kind: tags_of(parameters, kind) for kind in ("instance", "volume")}
        refused = launch.refusal_of_launch(slot_of(parameters), "on-demand", tags)
        return ec2._error(refused.code, refused.message, 403) if refused else run(parameters)

    ec2._ACTION_MAP["RunInstances"] = run_if_allowed


def leave_launches_to_ec2() -> None:
    """A launch is asked about where its template is known; here only who asks is found out."""
    enforce = iam_evaluator.enforce

    def enforce_or_remember(key: str, action: str, service: str, *more: Any, **named: Any) -> Any:
        if action not in ACTIONS or iam_evaluator._anonymous.get():
            return enforce(key, action, service, *more, **named)
        if failure := iam_evaluator.check_credentials(key, service):
            return failure
        CALLER.set(iam_evaluator.resolve_principal(key, get_account_id()))
        return None

    iam_evaluator.enforce = enforce_or_remember


def slot_of(parameters: dict[str, Any]) -> dict[str, Any]:
    """What RunInstances asks for, in the shape of a fleet's override."""
    profile, _ = ec2._resolve_iam_instance_profile(
        iam_arn=ec2._p(parameters, "IamInstanceProfile.Arn"),
        iam_name=ec2._p(parameters, "IamInstanceProfile.Name"),
        allow_missing=True,
    )
    return {
        "spec": {},
        "template": {},
        "image_id": ec2._p(parameters, "ImageId"),
        "instance_type": ec2._p(parameters, "InstanceType"),
        "subnet_id": ec2._p(parameters, "SubnetId") or ec2._DEFAULT_SUBNET_ID,
        "sg_ids": ec2._parse_member_list(parameters, "SecurityGroupId"),
        "key_name": ec2._p(parameters, "KeyName"),
        "iam_profile": profile,
    }
