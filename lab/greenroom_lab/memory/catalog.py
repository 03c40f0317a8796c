"""Applications, pools and scheduled events in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from greenroom.domain.errors import Conflict
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.pool.pool import Application, Pool

from greenroom_lab.memory.store import Memory


class MemoryCatalog:
    """ports.Catalog."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def application(self, application_id: str) -> Application:
        return self.memory.find("application", self.memory.applications, application_id)

    def pool(self, pool_id: str) -> Pool:
        return self.memory.find("pool", self.memory.pools, pool_id)

    def pool_ids(self) -> Sequence[str]:
        return sorted(self.memory.pools)

    def save_application(self, application: Application) -> None:
        self.memory.applications[application.application_id] = application

    def save_pool(self, pool: Pool) -> Pool:
        self.memory.step("catalog.save_pool")
        with self.memory.lock:
            stored = self.memory.pools.get(pool.pool_id)
            if (stored.version if stored else 0) != pool.version:
                raise Conflict("pool", pool.pool_id)
            self.memory.pools[pool.pool_id] = replace(pool, version=pool.version + 1)
            return self.memory.pools[pool.pool_id]


class MemoryScheduledEvents:
    """ports.ScheduledEvents."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.listed: set[str] = set()

    def get(self, event_id: str) -> ScheduledEvent:
        return self.memory.find("event", self.memory.events, event_id)

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        with self.memory.lock:
            if event.event_id in self.memory.events:
                raise Conflict("event", event.event_id)
            self.listed.add(event.event_id)
            return self._put(replace(event, revision=1, changed_at=event.planned_at))

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        self.memory.step("events.save")
        with self.memory.lock:
            if self.memory.find("event", self.memory.events, event.event_id).revision != event.revision:
                raise Conflict("event", event.event_id)
            return self._put(replace(event, revision=event.revision + 1, changed_at=now))

    def list_ids(self) -> Sequence[str]:
        return sorted(self.listed)

    def unlist(self, event_id: str) -> None:
        self.listed.discard(event_id)

    def _put(self, event: ScheduledEvent) -> ScheduledEvent:
        self.memory.events[event.event_id] = event
        return event
