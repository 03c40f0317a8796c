"""What EC2 has to give: a list of rules over offerings (instance type, zone, market). Standard library only."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

ANY = "*"
NO_CAPACITY = "InsufficientInstanceCapacity"
MESSAGES = {
    NO_CAPACITY: "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}).",
    "MaxSpotInstanceCountExceeded": "Max spot instance count exceeded",
    "VcpuLimitExceeded": "You have requested more vCPU capacity than your current vCPU limit allows.",
    "UnfulfillableCapacity": "Unable to fulfill capacity due to your request configuration.",
    "Unsupported": "The requested instance type ({type}) is not supported in the requested Availability Zone ({zone}).",
}
NOT_OFFERED = "Unsupported"
"""A rule with this error also takes the offering out of DescribeInstanceTypeOfferings."""


@dataclass(frozen=True, slots=True)
class Offering:
    """What one override asks for."""

    instance_type: str
    zone: str
    market: str
    """`spot` or `on-demand`."""


@dataclass(slots=True)
class Rule:
    """How many instances there are to be had of the offerings it matches; `*` matches all."""

    instanceType: str = ANY
    zone: str = ANY
    market: str = ANY
    free: int | None = None
    """So many more launches, then no more: an ended instance gives none back. None: no such bound."""
    limit: int | None = None
    """So many at a time: an instance that ends or stops makes room for another. None: no such bound."""
    error: str = NO_CAPACITY
    """The EC2 error code of the refusal."""

    def matches(self, offering: Offering) -> bool:
        pairs = (
            (self.instanceType, offering.instance_type),
            (self.zone, offering.zone),
            (self.market, offering.market),
        )
        return all(wanted in (ANY, actual) for wanted, actual in pairs)


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    message: str


class Capacity:
    """The rules in force. The first rule that matches an offering decides; without any, there is always capacity."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._in_use: Counter[Offering] = Counter()

    def replace(self, rules: list[dict[str, Any]]) -> None:
        """Raises: TypeError for a field that a rule does not have."""
        parsed = [Rule(**rule) for rule in rules]
        with self._lock:
            self._rules = parsed

    def describe(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def take(self, offering: Offering) -> Refusal | None:
        """Take one instance of the offering, or say why not."""
        with self._lock:
            rule = self._rule_for(offering)
            if rule and not self._has_room(rule):
                text = MESSAGES.get(rule.error, rule.error)
                return Refusal(rule.error, text.format(type=offering.instance_type, zone=offering.zone))
            if rule and rule.free is not None:
                rule.free -= 1
            self._in_use[offering] += 1
        return None

    def release(self, offering: Offering) -> None:
        """An instance that was taken has ended or stopped."""
        with self._lock:
            self._in_use[offering] -= 1

    def give_back(self, offering: Offering) -> None:
        """Undo one `take` (a fleet that launches nothing after all)."""
        self.release(offering)
        with self._lock:
            rule = self._rule_for(offering)
            if rule is not None and rule.free is not None:
                rule.free += 1

    def is_offered(self, instance_type: str, zone: str) -> bool:
        """Whether EC2 has this type in this zone at all, in any market."""
        with self._lock:
            rules = (self._rule_for(Offering(instance_type, zone, market)) for market in ("spot", "on-demand"))
            return not all(rule and rule.error == NOT_OFFERED and not self._has_room(rule) for rule in rules)

    def _rule_for(self, offering: Offering) -> Rule | None:
        return next((rule for rule in self._rules if rule.matches(offering)), None)

    def _has_room(self, rule: Rule) -> bool:
        used = sum(count for offering, count in self._in_use.items() if rule.matches(offering))
        return (rule.free is None or rule.free > 0) and (rule.limit is None or used < rule.limit)


CAPACITY = Capacity()
"""The engine's one market; set through the door `/_greenroom/ec2`."""
