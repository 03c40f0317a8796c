"""What may go wrong with the next machines: they never boot, hang once registered, or register twice."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from greenroom_lab.ec2.instance_metadata import InstanceFacts

ANY = "*"


class FaultKind(StrEnum):
    """In EC2's eyes every one of these instances is running."""

    NEVER_BOOTS = "neverBoots"
    """The machine does nothing at all: a broken image."""
    HANGS = "hangs"
    """The machine freezes as soon as its agent has registered."""
    REGISTERS_TWICE = "registersTwice"
    """A second agent with the same instance id and another boot nonce starts once the first has registered."""


@dataclass(slots=True)
class Fault:
    """Strikes the next `count` machines it matches (None: all until it is cleared); `*` matches all."""

    kind: FaultKind
    count: int | None = 1
    market: str = ANY
    instanceType: str = ANY
    zone: str = ANY

    def matches(self, facts: InstanceFacts) -> bool:
        """Whether it strikes this computer."""
        pairs = ((self.market, facts.market), (self.instanceType, facts.instance_type), (self.zone, facts.zone))
        return self.count != 0 and all(wanted in (ANY, actual) for wanted, actual in pairs)


class Faults:
    """The faults in wait, oldest first. A machine is struck by one at most."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, body: dict[str, Any]) -> None:
        """Raises: TypeError, ValueError for a body that is no fault."""
        self._waiting.append(Fault(**{**body, "kind": FaultKind(body.get("kind", ""))}))

    def clear(self) -> None:
        """The next machines are sound; those that were struck stay so."""
        self._waiting.clear()

    def describe(self) -> list[dict[str, Any]]:
        """Those still in wait, as JSON."""
        return [asdict(fault) for fault in self._waiting]

    def strike(self, facts: InstanceFacts) -> FaultKind | None:
        """What is wrong with this computer; counts down."""
        fault = next((fault for fault in self._waiting if fault.matches(facts)), None)
        if fault is None:
            return None
        if fault.count is not None:
            fault.count -= 1
            if not fault.count:
                self._waiting.remove(fault)
        return fault.kind
