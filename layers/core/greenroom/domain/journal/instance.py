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
    """EC2 ends the instance or advises to leave it, or the instance's agent has fallen silent.

    `ends_at`: when the instance will end, if that is known.
    """

    pool_id: str
    notice_kind: NoticeKind
    ends_at: float | None


@dataclass(frozen=True, slots=True)
class InstanceDrained(Entry):
    """An operator drained the instance: it takes no new sessions. Also filed under its pool, where operators look."""

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceUndrained(Entry):
    """An operator ended the draining of the instance: it takes new sessions again. Also filed under its pool."""

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceStopped(InstanceEntry):
    """EC2 stopped the instance for the warm pool (stopped instances that start in a minute or two)."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class InstanceStarted(InstanceEntry):
    """Greenroom asked EC2 to start the instance, which was stopped in the warm pool."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class StartRefused(InstanceEntry):
    """EC2 did not start the instance, which therefore remains stopped in the warm pool.

    `error` is the name of Greenroom's error, `code` is EC2's error code.
    """

    pool_id: str
    instance_type: str
    zone: str
    error: str
    code: str


@dataclass(frozen=True, slots=True)
class InstanceRetired(InstanceEntry):
    """Greenroom terminated the instance because the pool no longer needed it.

    `reason`: why it had been drained or stopped before.
    """

    pool_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class InstanceEnded(InstanceEntry):
    """Greenroom asked EC2 to terminate the instance, because it was lost or broken. `why`: what happened to it."""

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class InstanceTerminated(InstanceEntry):
    """EC2 reported that the instance is terminated. `why`: what happened to it."""

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class OrphanTerminated(InstanceEntry):
    """Greenroom terminated an instance that it does not know, although the instance carries Greenroom's tags.

    The pool and the launch are those that the instance's tags name.
    """

    pool_id: str
    launch_id: str


@dataclass(frozen=True, slots=True)
class LedgerEntry(Entry):
    """One line of a day's ledger: `seconds` of one instance, and their price.

    The line `interruptionWaste` is the time of an interrupted instance that was paid for but in which the instance
    could take no new session.
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
