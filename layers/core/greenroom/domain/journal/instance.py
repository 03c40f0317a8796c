"""Journal entries about instances: how they stopped, started and ended, and what they cost without serving anyone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from greenroom.domain.instance.instance import NoticeKind
from greenroom.domain.journal.entry import Entry, instance_entity, pool_entity
from greenroom.domain.session.session import StatusReason


@dataclass(frozen=True, slots=True)
class InstanceEntry(Entry):
    """The base of entries about one instance."""

    NAMED_BY_ENTITY = frozenset({"instance_id"})

    instance_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (instance_entity(self.instance_id),)


@dataclass(frozen=True, slots=True)
class InstanceNoticed(InstanceEntry):
    """The instance is being lost, or EC2 advises to leave it. `ends_at`: when it will end, if that is known."""

    pool_id: str
    notice_kind: NoticeKind
    ends_at: float | None


@dataclass(frozen=True, slots=True)
class InstanceDrained(Entry):
    """An operator took the instance out of service. Also filed under its pool, where operators look."""

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceUndrained(Entry):
    """An operator put the drained instance back into service. Also filed under its pool."""

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceStopped(InstanceEntry):
    """EC2 stopped the instance for the warm pool."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class InstanceStarted(InstanceEntry):
    """EC2 was asked to start the instance, which was stopped in the warm pool."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class StartRefused(InstanceEntry):
    """EC2 did not start the instance, so it stays in the warm pool. `error` is Greenroom's error, `code` is EC2's."""

    pool_id: str
    instance_type: str
    zone: str
    error: str
    code: str


@dataclass(frozen=True, slots=True)
class InstanceRetired(InstanceEntry):
    """The instance was ended because the pool no longer needed it.

    `reason`: why it had been drained or stopped before.
    """

    pool_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class InstanceEnded(InstanceEntry):
    """EC2 was asked to end the instance, because it was lost or broken. `why`: what happened to it."""

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class InstanceTerminated(InstanceEntry):
    """EC2 reported that the instance is gone. `why`: what happened to it."""

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class OrphanTerminated(InstanceEntry):
    """An instance that no row explained was ended. Pool and launch are those that its tags name."""

    pool_id: str
    launch_id: str


@dataclass(frozen=True, slots=True)
class LedgerEntry(Entry):
    """A line of a day's ledger: `seconds` of one instance and their price.

    The line `interruptionWaste` is time of an interrupted instance that was paid but in which it could take no new
    session.
    """

    NAMED_BY_ENTITY = frozenset({"day"})

    day: str  # of UTC, like 2026-01-31
    line: str
    instance_id: str
    pool_id: str
    seconds: float
    usd: Decimal | None  # None: no price is known
    price_source: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (f"LEDGER#{self.day}",)
