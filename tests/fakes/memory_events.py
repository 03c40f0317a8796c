"""Scheduled events, their schedules and the account in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from greenroom.domain.errors import Conflict, FactUnavailable
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.event_ports import Image, Subnet

from tests.fakes.memory import Memory


class MemoryScheduledEvents:
    """event_ports.ScheduledEvents."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.listed: set[str] = set()

    def get(self, event_id: str) -> ScheduledEvent:
        return self.memory.find(self.memory.events, event_id)

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        with self.memory.lock:
            if event.event_id in self.memory.events:
                raise Conflict(event.event_id)
            self.listed.add(event.event_id)
            return self._put(replace(event, revision=1, changed_at=event.planned_at))

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        self.memory.step("events.save")
        with self.memory.lock:
            if self.memory.find(self.memory.events, event.event_id).revision != event.revision:
                raise Conflict(event.event_id)
            return self._put(replace(event, revision=event.revision + 1, changed_at=now))

    def list_ids(self) -> Sequence[str]:
        return sorted(self.listed)

    def unlist(self, event_id: str) -> None:
        self.listed.discard(event_id)

    def _put(self, event: ScheduledEvent) -> ScheduledEvent:
        self.memory.events[event.event_id] = event
        return event


class FakeSchedules:
    """event_ports.Schedules: what would fire, by (event, version)."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, int], float] = {}

    def create(self, event_id: str, version: int, at: float) -> None:
        self.at.setdefault((event_id, version), at)

    def delete(self, event_id: str, version: int) -> None:
        self.at.pop((event_id, version), None)


class FakeAccountFacts:
    """event_ports.AccountFacts: a roomy account; what is named in `silent` cannot be asked."""

    def __init__(self) -> None:
        self.image_state = "available"
        self.places = [Subnet("subnet-a", "us-east-1a", 4000), Subnet("subnet-b", "us-east-1b", 4000)]
        self.not_offered: set[tuple[str, str]] = set()
        self.quotas = {"spot": 1000.0, "on-demand": 1000.0}
        self.instances: dict[tuple[str, str], int] = {}
        self.silent: set[str] = set()

    def image(self) -> Image:
        self._ask("image")
        return Image("ami-1", self.image_state)

    def subnets(self) -> Sequence[Subnet]:
        self._ask("subnets")
        return self.places

    def offered(self, instance_types: Sequence[str]) -> frozenset[tuple[str, str]]:
        self._ask("offered")
        pairs = {(each, place.zone) for each in instance_types for place in self.places}
        return frozenset(pairs - self.not_offered)

    def vcpu_quota(self, market: str) -> float:
        self._ask("vcpu_quota")
        return self.quotas[market]

    def running(self) -> Mapping[tuple[str, str], int]:
        self._ask("running")
        return self.instances

    def _ask(self, fact: str) -> None:
        if fact in self.silent:
            raise FactUnavailable(f"{fact}: AccessDenied")
