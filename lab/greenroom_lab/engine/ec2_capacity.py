"""What EC2 has to give: a list of rules over offerings (instance type, zone, market). Standard library only."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

ANY = "*"
NO_CAPACITY = "InsufficientInstanceCapacity"
MESSAGES = {
    NO_CAPACITY: "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}).",
    "MaxSpotInstanceCountExceeded": "Max spot instance count exceeded",
    "VcpuLimitExceeded": "You have requested more vCPU capacity than your current vCPU limit allows.",
    "UnfulfillableCapacity": "Unable to fulfill capacity due to your request configuration.",
}


@dataclass(frozen=True, slots=True)
class Offering:
    """What one override asks for."""

    instance_type: str
    zone: str
    market: str
    """`spot` or `on-demand`."""


@dataclass(slots=True)
class Rule:
    """How many more instances may be launched of the offerings it matches; `*` matches all."""

    instanceType: str = ANY
    zone: str = ANY
    market: str = ANY
    free: int | None = None
    """None: no limit. Each launch takes one; an ended instance gives none back."""
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
            rule = next((rule for rule in self._rules if rule.matches(offering)), None)
            if rule is None or rule.free is None:
                return None
            if rule.free > 0:
                rule.free -= 1
                return None
        text = MESSAGES.get(rule.error, rule.error)
        return Refusal(rule.error, text.format(type=offering.instance_type, zone=offering.zone))

    def give_back(self, offering: Offering) -> None:
        """Undo one `take` (a fleet that launches nothing after all)."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.matches(offering)), None)
            if rule is not None and rule.free is not None:
                rule.free += 1


CAPACITY = Capacity()
"""The engine's one market; set through the door `/_greenroom/ec2`."""
