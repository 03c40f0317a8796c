"""Journal entries about instances: how they stopped, started and ended, and what they cost without serving anyone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from greenroom.domain.instance.instance import NoticeKind
from greenroom.domain.journal.entry import Entry, instance_entity, pool_entity
from greenroom.domain.session.session import StatusReason


@dataclass(frozen=True, slots=True)
class InstanceEntry(Entry):
    """The base class of Journal entries about one instance."""

    NAMED_BY_ENTITY = frozenset({"instance_id"})

    instance_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (instance_entity(self.instance_id),)


@dataclass(frozen=True, slots=True)
class InstanceNoticed(InstanceEntry):
    """Records that an instance will be lost, or has been lost already.

    EC2 ends it, or EC2 advises to leave it, or its agent sends no heartbeats any more; `notice_kind` says which.
    `ends_at`: when the instance will end, epoch seconds; None when the time is not known.
    """

    pool_id: str
    notice_kind: NoticeKind
    ends_at: float | None


@dataclass(frozen=True, slots=True)
class InstanceDrained(Entry):
    """Records that an operator drained an instance: it takes no new sessions, and running sessions continue.

    The entry is also filed under the instance's pool, because operators read the history of a pool.
    """

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceUndrained(Entry):
    """Records that an operator ended the draining of an instance, which now takes new sessions again.

    The entry is also filed under the instance's pool, because operators read the history of a pool.
    """

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceStopped(InstanceEntry):
    """Records that EC2 stopped an instance for the warm pool (stopped instances that start in a minute or two)."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class InstanceStarted(InstanceEntry):
    """Records that Greenroom asked EC2 to start an instance of the warm pool, where the instance was stopped."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class StartRefused(InstanceEntry):
    """Records that EC2 refused to start an instance of the warm pool. The instance therefore remains stopped.

    `error` is the name of Greenroom's error, `code` is EC2's error code.
    """

    pool_id: str
    instance_type: str
    zone: str
    error: str
    code: str


@dataclass(frozen=True, slots=True)
class InstanceRetired(InstanceEntry):
    """Records that Greenroom terminated an instance because its pool no longer needed it.

    `reason`: why the instance had been drained (closed to new sessions) or stopped before.
    """

    pool_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class InstanceEnded(InstanceEntry):
    """Records that Greenroom asked EC2 to terminate an instance that was lost or broken.

    `why`: what happened to the instance. `sessions_move_for`: why its sessions had to move to other instances.
    """

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class InstanceTerminated(InstanceEntry):
    """Records that EC2 reported an instance as terminated.

    `why`: what happened to the instance. `sessions_move_for`: why its sessions had to move to other instances.
    """

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class OrphanTerminated(InstanceEntry):
    """Records that Greenroom terminated an orphan: an instance that has Greenroom's tags, but no row in its tables.

    `pool_id` and `launch_id` are copied from the instance's tags.
    """

    pool_id: str
    launch_id: str


@dataclass(frozen=True, slots=True)
class LedgerEntry(Entry):
    """One line of a day's ledger (the priced part of the Journal): `seconds` of one instance, and what they cost.

    The line `interruptionWaste` is time of an interrupted instance that was paid for, but in which the instance could
    take no new session.
    """

    NAMED_BY_ENTITY = frozenset({"day"})

    day: str  # a day in UTC, like 2026-01-31
    line: str
    instance_id: str
    pool_id: str
    seconds: float
    usd: Decimal | None  # None: the price is not known
    price_source: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (f"LEDGER#{self.day}",)
