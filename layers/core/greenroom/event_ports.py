"""What scheduled events need from the world; a part of `greenroom.ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.event.scheduled_event import ScheduledEvent


class ScheduledEvents(Protocol):
    """Event rows, and one list of those that somebody must still look after."""

    def get(self, event_id: str) -> ScheduledEvent:
        """A consistent read. Raises: NotFound."""

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        """Row and place in the list, together; returns it as stored. Raises: Conflict (there is one of this id)."""

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        """Write it if the stored revision is still `event.revision`; returns it with the next one. Raises: Conflict."""

    def list_ids(self) -> Sequence[str]:
        """Events that were not unlisted yet."""

    def unlist(self, event_id: str) -> None:
        """It is over and settled: nobody need look at it again. Its row is kept for a while. Idempotent."""


class Schedules(Protocol):
    """One-time schedules that start the prewarm_event machine."""

    def create(self, event_id: str, version: int, at: float) -> None:
        """Named by event and version, deleted after it ran. A second one of the same name is fine."""

    def delete(self, event_id: str, version: int) -> None:
        """It fires no more. One that ran, or never was, is fine."""


@dataclass(frozen=True, slots=True)
class Image:
    """The machine image that instances are launched from; `state` is EC2's word, `missing` when it knows none."""

    image_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A place to launch in."""

    subnet_id: str
    zone: str
    free_addresses: int


class AccountFacts(Protocol):
    """What the account has and may; nothing is changed. Each raises FactUnavailable when it cannot be asked."""

    def image(self) -> Image: ...

    def subnets(self) -> Sequence[Subnet]: ...

    def offered(self, instance_types: Sequence[str]) -> frozenset[tuple[str, str]]:
        """(instance type, zone) pairs that the Region offers at all; says nothing of capacity now."""

    def vcpu_quota(self, market: str) -> float:
        """How many vCPUs of G and VT instances may run on `spot` or `on-demand`."""

    def running(self) -> Mapping[tuple[str, str], int]:
        """(instance type, market) -> G and VT instances of the whole account, those starting included."""
