"""Parses what EC2 reports about an instance: on the account's default bus, and in the instance's metadata.

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
    """The instance, what will happen to it, and when EC2 reported it."""

    instance_id: str
    kind: NoticeKind
    at: float


def ec2_event_of(event: Mapping[str, Any]) -> Ec2Event | None:
    """The notice, also of a stop or hibernation; None if no instance is being lost. Raises: InvalidField."""
    kind, body = _KINDS.get(str(event.get("detail-type"))), Body(event)
    if kind is None:
        return None
    detail = body.part("detail")
    if kind is NoticeKind.INSTANCE_GONE and detail.text("state") not in ENDINGS:
        return None
    return Ec2Event(detail.identifier("instance-id"), kind, body.time("time"))


def notice_of(body: Body, now: float) -> Notice | None:
    """The notice that an agent read in the instance's metadata. `at` of an interruption: when EC2 acts.

    Raises: InvalidField.
    """
    if "notice" not in body:
        return None
    said = body.part("notice")
    kind = NoticeKind(said.one_of("kind", (NoticeKind.SPOT_INTERRUPTION.value, NoticeKind.REBALANCE.value)))
    at = said.time("at")
    return Notice(kind, now, min(at, now + SPOT_WARNING_S) if kind is NoticeKind.SPOT_INTERRUPTION else None)
