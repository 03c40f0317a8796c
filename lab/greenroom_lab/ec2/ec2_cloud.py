"""The embedded EC2 as the host sees it: through the engine's own doors, because no AWS API shows a machine's inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom_cli.aws.account import STACK_TAG

from greenroom_lab.ec2.instance_metadata import InstanceFacts, RoleCredentials
from greenroom_lab.engine.process import EmbeddedAws

WATCH_S = 5.0


@dataclass(frozen=True, slots=True)
class SeenInstance:
    """An instance as EC2 shows it; `user_data` as launched (base64)."""

    state: str
    facts: InstanceFacts
    user_data: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """All instances of the stack, and the revision to wait past for the next change."""

    revision: int
    instances: Mapping[str, SeenInstance]


class EngineCloud:
    """Blocking calls to one engine, about one stack."""

    def __init__(self, engine: EmbeddedAws, stack_name: str) -> None:
        self._engine = engine
        self._stack_name = stack_name

    def look(self, after: int) -> Sighting:
        """Returns at the first change past revision `after`, or after WATCH_S without one."""
        answer = self._engine.control("GET", f"ec2/instances?after={after}&wait_s={WATCH_S}")
        mine = [view for view in answer["instances"] if view["tags"].get(STACK_TAG) == self._stack_name]
        return Sighting(answer["revision"], {view["instanceId"]: _seen(view) for view in mine})

    def role_credentials(self, instance_id: str) -> RoleCredentials:
        given = self._engine.control("POST", f"ec2/instances/{instance_id}/credentials")
        return RoleCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"], given["Expiration"])

    def send_event(self, detail_type: str, detail: Mapping[str, Any], instance_arn: str) -> None:
        """What EC2 says on the default bus."""
        self._engine.control(
            "POST",
            "events",
            {"source": "aws.ec2", "detailType": detail_type, "detail": dict(detail), "resources": [instance_arn]},
        )

    def end(self, instance_id: str) -> None:
        """EC2 takes the instance itself (a Spot interruption's end, a power-off): both state changes are told."""
        self._engine.control("POST", f"ec2/instances/{instance_id}/state", {"state": "shutting-down"})

    def market(self) -> dict[str, Any]:
        """The capacity rules in force."""
        return self._engine.control("GET", "ec2")

    def set_market(self, rules: list[dict[str, Any]]) -> dict[str, Any]:
        """Replace the capacity rules; none: everything is there."""
        return self._engine.control("PUT", "ec2", {"rules": rules})

    def account(self) -> dict[str, Any]:
        """Quotas, free addresses, missing images, calls to be throttled, calls so far."""
        return self._engine.control("GET", "account")

    def set_account(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Replace the facts named. Raises: HTTPError for an unknown one."""
        return self._engine.control("PUT", "account", facts)

    def fleets(self) -> dict[str, Any]:
        """Every CreateFleet so far, and what it got."""
        return self._engine.control("GET", "ec2/fleets")


def _seen(view: Mapping[str, Any]) -> SeenInstance:
    profile = str(view.get("instanceProfileArn") or "")
    facts = InstanceFacts(
        instance_id=view["instanceId"],
        instance_type=view["instanceType"],
        zone=view["zone"],
        market=view["market"],
        private_ip=view["privateIp"],
        public_ip=view["publicIp"],
        role_name=profile.rpartition("/")[2],
        tags=view["tags"],
    )
    return SeenInstance(view["state"], facts, view["userData"])
