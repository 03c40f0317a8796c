"""The tables in memory: one lock, every port method one atomic step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from greenroom.domain.errors import NotFound
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.instance.instance import Instance
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import Cooldown
from greenroom.domain.journal.entry import Entry
from greenroom.domain.pool.pool import Application, Pool
from greenroom.domain.quota.quota import AccountQuota, Quota
from greenroom.domain.session.session import Session
from greenroom.domain.slot.slot import FreeSlot, Slot
from greenroom.domain.socket.connection import AgentConnection, Connection, Ticket
from greenroom.ports.line import LineTicket
from greenroom.ports.pool import PoolRows

R = TypeVar("R")
E = TypeVar("E", bound=Entry)


QuotaRows = dict[tuple[str, int, str], dict[str, float]]
"""(whose, shard, LIVE or the row of a day) -> its numbers."""


@dataclass
class FleetRows:
    """What the Fleet table holds beside instances, slots and free entries."""

    launches: dict[tuple[str, str], Launch] = field(default_factory=dict)
    pools: dict[str, PoolRows] = field(default_factory=dict)
    offerings: dict[tuple[str, str], Cooldown] = field(default_factory=dict)
    failed_boots: dict[str, set[str]] = field(default_factory=dict)
    orphans: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A row of the Journal: an entry under one of its entities."""

    entity: str
    entry: Entry
    at: float


class Memory:
    """Everything the four tables hold. `between` is called before each atomic step: tests interleave there."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.session_rows: dict[str, Session] = {}
        self.viewer_sessions: dict[str, set[str]] = {}
        self.quota_rows: QuotaRows = {}
        self.tenant_quotas: dict[str, Quota] = {}
        self.account_quota = AccountQuota()
        self.client_tokens: dict[tuple[str, str], str] = {}
        self.line_rows: dict[tuple[str, float, str], LineTicket] = {}
        self.slot_rows: dict[str, Slot] = {}
        self.free_rows: dict[str, FreeSlot] = {}
        self.instance_rows: dict[str, Instance] = {}
        self.applications: dict[str, Application] = {}
        self.pools: dict[str, Pool] = {}
        self.events: dict[str, ScheduledEvent] = {}
        self.free_counts: dict[str, int] = {}
        self.taken_counts: dict[str, int] = {}
        self.pending_until: dict[str, float] = {}
        self.ticket_rows: dict[str, Ticket] = {}
        self.connection_rows: dict[str, Connection] = {}
        self.agent_rows: dict[str, AgentConnection] = {}
        self.reaper_until = 0.0
        self.reaper_owner: str | None = None
        self.reaper_notes: dict[str, float] = {}
        self.journal: list[JournalLine] = []
        self.losses = 0
        self.between: Callable[[str], None] = lambda step: None

    def step(self, name: str) -> None:
        """The seam before an atomic step."""
        self.between(name)

    def entries(self, kind: type[E]) -> list[E]:
        """What was written down of one kind, oldest first; once for each of its entities."""
        return [each.entry for each in self.journal if isinstance(each.entry, kind)]

    def find(self, noun: str, rows: dict[str, R], key: str) -> R:
        if key not in rows:
            raise NotFound(noun, key)
        return rows[key]
