"""What EC2 does to a Spot instance: advises to leave it, warns, and takes it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

from greenroom_lab.ec2.hosted_instance import HostedInstance

SPOT_NOTICE_S = 120.0
"""Source: Amazon EC2 User Guide, "Spot Instance interruption notices": two minutes."""


class Announcer(Protocol):
    """EC2's voice and hand; both calls block."""

    def send_event(self, detail_type: str, detail: Mapping[str, Any], instance_arn: str) -> None:
        """Put an event of EC2's own on the default bus."""

    def end(self, instance_id: str) -> None:
        """Take the instance away."""


class SpotFate:
    """Each word goes to the bus and into the machine's own metadata, as on EC2."""

    def __init__(self, cloud: Announcer) -> None:
        self._cloud = cloud

    async def warn(self, hosted: HostedInstance, notice_s: float) -> None:
        """The end comes in so many seconds."""
        facts = hosted.metadata.facts
        facts.spot_action = {"action": "terminate", "time": _iso(time.time() + notice_s)}
        detail = {"instance-id": facts.instance_id, "instance-action": "terminate"}
        await self._send("EC2 Spot Instance Interruption Warning", hosted, detail)

    async def recommend_rebalance(self, hosted: HostedInstance) -> None:
        """The instance is at a higher risk from now on."""
        facts = hosted.metadata.facts
        facts.rebalance_notice_time = _iso(time.time())
        await self._send("EC2 Instance Rebalance Recommendation", hosted, {"instance-id": facts.instance_id})

    async def take_back(self, hosted: HostedInstance, after_s: float) -> None:
        """At once: the plug is pulled first, and EC2 speaks afterwards."""
        await asyncio.sleep(after_s)
        if after_s == 0:
            await hosted.end(0)
        await asyncio.to_thread(self._cloud.end, hosted.metadata.facts.instance_id)

    async def _send(self, detail_type: str, hosted: HostedInstance, detail: Mapping[str, Any]) -> None:
        facts = hosted.metadata.facts
        arn = f"arn:aws:ec2:{facts.region}:000000000000:instance/{facts.instance_id}"
        await asyncio.to_thread(self._cloud.send_event, detail_type, detail, arn)


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
