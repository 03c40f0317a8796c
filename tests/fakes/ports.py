"""All ports in memory, with a clock that stands still until told and dice that are the same each time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from greenroom.domain.errors import ConnectionGone, RelaySecretUnavailable, TaskGone
from greenroom.domain.events import Event
from greenroom.usecases.one_by_one import one_by_one

from tests.fakes.memory import (
    Memory,
    MemoryCapacity,
    MemoryCatalog,
    MemoryClaims,
    MemoryConnections,
    MemoryInstances,
    MemoryJournal,
    MemoryLine,
    MemoryReaperLease,
    MemorySessions,
    MemorySlots,
    MemoryTickets,
)
from tests.fakes.memory_events import FakeAccountFacts, FakeSchedules, MemoryScheduledEvents
from tests.fakes.memory_fleet import (
    FakeEc2,
    FleetRows,
    MemoryFleet,
    MemoryLaunches,
    MemoryLiveSessions,
    MemoryOfferings,
    MemoryOrphans,
    MemoryPools,
)
from tests.fakes.memory_quotas import MemoryQuotaCounters, MemoryQuotas

R = TypeVar("R")


class FakeTasks:
    """ports.TaskTokens: a token can be answered once."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        if task_token in self.gone:
            raise TaskGone(task_token)
        self.gone.add(task_token)
        self.answers.append((task_token, dict(output)))

    def facts(self, task_token: str) -> list[str]:
        return [output["fact"] for token, output in self.answers if token == task_token]


class FakeBus:
    """ports.Bus."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, *events: Event) -> None:
        self.events.extend(events)

    def kinds(self) -> list[str]:
        return [each.detail_type for each in self.events]


class FakeMetrics:
    """ports.Metrics."""

    def __init__(self) -> None:
        self.etas: list[tuple[str, float, bool]] = []

    def eta_judged(self, pool_id: str, wait_s: float, within: bool) -> None:
        self.etas.append((pool_id, wait_s, within))


class FakeSocket:
    """ports.Socket: connections in `gone` answer 410."""

    def __init__(self) -> None:
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self.closed: list[str] = []
        self.gone: set[str] = set()

    def post(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        if connection_id in self.gone:
            raise ConnectionGone(connection_id)
        self.frames.append((connection_id, dict(frame)))

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)
        self.gone.add(connection_id)

    def to(self, connection_id: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Frames a connection got, of one kind or all."""
        return [f for to, f in self.frames if to == connection_id and kind in (None, f["kind"])]


class FakeRelaySecret:
    """ports.RelaySecret: None cannot be read."""

    def __init__(self) -> None:
        self.secret: str | None = "shared with coturn"
        self.asked = 0

    def current(self, now: float) -> str:
        self.asked += 1
        if self.secret is None:
            raise RelaySecretUnavailable("AccessDeniedException")
        return self.secret


class FakePorts:
    """ports.Ports in memory."""

    def __init__(self, memory: Memory | None = None, seed: int = 1) -> None:
        self.memory = memory or Memory()
        self.ice_servers: tuple[Any, ...] = ()
        self.turn_urls: tuple[str, ...] = ()
        self.relay_secret = FakeRelaySecret()
        self.time = 1_800_000_000.0
        self.dice = Random(seed)
        self._numbers = itertools.count(1)
        self.sessions = MemorySessions(self.memory)
        self.line = MemoryLine(self.memory)
        self.claims = MemoryClaims(self.memory)
        self.slots = MemorySlots(self.memory)
        self.capacity = MemoryCapacity(self.memory)
        self.instances = MemoryInstances(self.memory)
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

    def side_by_side(self, works: Sequence[Callable[[], R]]) -> list[R]:
        """One after the other; like the real ones, all have their turn before a failure is raised."""
        return one_by_one(works, lambda work: work())

    def new_id(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers):026d}"

    def new_secret(self) -> str:
        return f"secret-{next(self._numbers)}"
