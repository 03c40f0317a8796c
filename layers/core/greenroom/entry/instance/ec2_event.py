"""What EC2 announces of an instance: on the account's default bus, and to the instance itself.

Source: EC2 user guide, "Spot Instance interruption notices", "EC2 instance rebalance recommendations" and "State change
events for your instances"; whole examples are in tests/functions/test_interruptions.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.domain.instance.evacuation import SPOT_WARNING_S
from greenroom.domain.instance.instance import Notice, NoticeKind
from greenroom.entry.http import Body

ENDINGS = ("shutting-down", "stopping", "stopped", "terminated")
_KINDS = {
    "EC2 Spot Instance Interruption Warning": NoticeKind.SPOT_INTERRUPTION,
    "EC2 Instance Rebalance Recommendation": NoticeKind.REBALANCE,
    "EC2 Instance State-change Notification": NoticeKind.INSTANCE_GONE,
}


@dataclass(frozen=True, slots=True)
class Ec2Event:
    """Which instance, what, and when EC2 said so."""

    instance_id: str
    kind: NoticeKind
    at: float


def ec2_event_of(event: Mapping[str, Any]) -> Ec2Event | None:
    """None for what tells of no loss; a warning to stop or hibernate is one. Raises: InvalidField."""
    kind, body = _KINDS.get(str(event.get("detail-type"))), Body(event)
    if kind is None:
        return None
    detail = body.part("detail")
    if kind is NoticeKind.INSTANCE_GONE and detail.text("state") not in ENDINGS:
        return None
    return Ec2Event(detail.identifier("instance-id"), kind, body.time("time"))


def notice_of(body: Body, now: float) -> Notice | None:
    """What an agent read in IMDS. `at` of an interruption is when EC2 acts: two minutes ahead at most.

    Raises: InvalidField.
    """
    if "notice" not in body:
        return None
    said = body.part("notice")
    kind = NoticeKind(said.one_of("kind", (NoticeKind.SPOT_INTERRUPTION.value, NoticeKind.REBALANCE.value)))
    at = said.time("at")
    return Notice(kind, now, min(at, now + SPOT_WARNING_S) if kind is NoticeKind.SPOT_INTERRUPTION else None)
