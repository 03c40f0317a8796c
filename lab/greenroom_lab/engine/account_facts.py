"""What an AWS account has besides capacity: quotas, free addresses, images, and limited calls. Standard library."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

ON_DEMAND_QUOTA = "L-DB2E81BA"
SPOT_QUOTA = "L-3819A6DF"
QUOTA_NAMES = {
    ON_DEMAND_QUOTA: "Running On-Demand G and VT instances",
    SPOT_QUOTA: "All G and VT Spot Instance Requests",
}
"""Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html"""
GENEROUS_VCPUS = 1024.0
"""A new AWS account has 0; here everything can run until a test says otherwise."""
EVERY_CALL = "*"


@dataclass(slots=True)
class AccountFacts:
    """Set through the door `/_greenroom/account`."""

    quotas: dict[str, float] = field(default_factory=lambda: dict.fromkeys(QUOTA_NAMES, GENEROUS_VCPUS))
    """vCPUs by quota code. What GetServiceQuota says; refusals are rules of the market."""
    freeAddresses: dict[str, int] = field(default_factory=dict)
    """By subnet id or zone; others have what their size and their instances leave."""
    missingImages: list[str] = field(default_factory=list)
    """Image ids that DescribeImages does not know (deregistered, or not shared with this account)."""
    throttled: dict[str, int] = field(default_factory=dict)
    """So many next EC2 calls of an action (`*`: any) are refused with RequestLimitExceeded."""


FACTS = AccountFacts()
CALLS: Counter[str] = Counter()
"""EC2 calls that were let through, by action."""
_lock = threading.Lock()


def set_facts(wanted: dict[str, Any]) -> None:
    """Replace the fields named; quotas one by one. Raises: AttributeError for a fact that there is not."""
    with _lock:
        for name in wanted:
            getattr(FACTS, name)
        for name, value in wanted.items():
            setattr(FACTS, name, {**FACTS.quotas, **value} if name == "quotas" else value)


def admit(action: str) -> bool:
    """Count one EC2 call, or refuse it."""
    with _lock:
        for name in (action, EVERY_CALL):
            if FACTS.throttled.get(name, 0) > 0:
                FACTS.throttled[name] -= 1
                return False
        CALLS[action] += 1
        return True
