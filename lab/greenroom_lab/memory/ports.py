"""All ports in memory, with a clock that stands still until told and an rng that draws the same each time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from greenroom.usecases.one_by_one import one_by_one

from greenroom_lab.memory.aws import (
    FakeAccountFacts,
    FakeBus,
    FakeMetrics,
    FakeRelaySecret,
    FakeSchedules,
    FakeSocket,
    FakeTasks,
)
from greenroom_lab.memory.catalog import MemoryCatalog, MemoryScheduledEvents
from greenroom_lab.memory.claims import MemoryClaims
from greenroom_lab.memory.ec2 import FakeEc2
from greenroom_lab.memory.fleet import MemoryFleet, MemoryLaunches, MemoryOfferings
from greenroom_lab.memory.journal import MemoryJournal, MemoryOrphans, MemoryReaperLease
from greenroom_lab.memory.line import MemoryLine
from greenroom_lab.memory.pools import MemoryPools
from greenroom_lab.memory.quotas import MemoryQuotaCounters, MemoryQuotas
from greenroom_lab.memory.sessions import MemoryLiveSessions, MemorySessions
from greenroom_lab.memory.slots import MemorySlots
from greenroom_lab.memory.socket import MemoryConnections, MemoryTickets
from greenroom_lab.memory.store import FleetRows, Memory

R = TypeVar("R")


class FakePorts:
    """ports.Ports in memory."""

    def __init__(self, memory: Memory | None = None, seed: int = 1) -> None:
        self.memory = memory or Memory()
        self.ice_servers: tuple[Any, ...] = ()
        self.turn_urls: tuple[str, ...] = ()
        self.relay_secret = FakeRelaySecret()
        self.time = 1_800_000_000.0
        self.rng = Random(seed)
        self._numbers = itertools.count(1)
        self.sessions = MemorySessions(self.memory)
        self.line = MemoryLine(self.memory)
        self.claims = MemoryClaims(self.memory)
        self.slots = MemorySlots(self.memory)
        self.catalog = MemoryCatalog(self.memory)
        self.tickets = MemoryTickets(self.memory)
        self.connections = MemoryConnections(self.memory)
        self.reaper = MemoryReaperLease(self.memory)
        self.journal = MemoryJournal(self.memory)
        self.fleet_rows = FleetRows()
        self.fleet = MemoryFleet(self.memory)
        self.pools = MemoryPools(self.memory, self.fleet_rows)
        self.launches = MemoryLaunches(self.memory, self.fleet_rows)
        self.offerings = MemoryOfferings(self.fleet_rows)
        self.orphans = MemoryOrphans(self.fleet_rows)
        self.live_sessions = MemoryLiveSessions(self.memory)
        self.ec2 = FakeEc2()
        self.events = MemoryScheduledEvents(self.memory)
        self.schedules = FakeSchedules()
        self.account = FakeAccountFacts()
        self.quotas = MemoryQuotas(self.memory)
        self.quota_counters = MemoryQuotaCounters(self.memory)
        self.tasks = FakeTasks()
        self.bus = FakeBus()
        self.metrics = FakeMetrics()
        self.socket = FakeSocket()

    def now(self) -> float:
        return self.time

    def in_parallel(self, works: Sequence[Callable[[], R]]) -> list[R]:
        """One after the other; like the real ones, all have their turn before a failure is raised."""
        return one_by_one(works, lambda work: work())

    def new_id(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers):026d}"

    def new_secret(self) -> str:
        return f"secret-{next(self._numbers)}"
