"""The Journal of an instance: how it left, stopped and started, and what it cost in vain."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from greenroom.domain.instance.instance import NoticeKind
from greenroom.domain.journal.entry import Entry, instance_entity, pool_entity
from greenroom.domain.session.session import StatusReason


@dataclass(frozen=True, slots=True)
class InstanceEntry(Entry):
    """About one instance."""

    NAMED_BY_ENTITY = frozenset({"instance_id"})

    instance_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (instance_entity(self.instance_id),)


@dataclass(frozen=True, slots=True)
class InstanceNoticed(InstanceEntry):
    """It is being lost, or EC2 advises to leave it; `ends_at`: when it ends, if that is known."""

    pool_id: str
    notice_kind: NoticeKind
    ends_at: float | None


@dataclass(frozen=True, slots=True)
class InstanceDrained(Entry):
    """An operator took it out of service. Also in its pool's Journal, where operators look."""

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceUndrained(Entry):
    """An operator took the drain back. Also in its pool's Journal."""

    operator: str
    instance_id: str
    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return instance_entity(self.instance_id), pool_entity(self.pool_id)


@dataclass(frozen=True, slots=True)
class InstanceStopped(InstanceEntry):
    """EC2 stopped it for the warm tier."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class InstanceStarted(InstanceEntry):
    """EC2 was asked to start it out of the warm tier."""

    pool_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True, slots=True)
class StartRefused(InstanceEntry):
    """EC2 did not start it: it rests in the warm tier. `error` is ours, `code` is EC2's."""

    pool_id: str
    instance_type: str
    zone: str
    error: str
    code: str


@dataclass(frozen=True, slots=True)
class InstanceRetired(InstanceEntry):
    """Nobody needed it any more; `reason`: why it was drained or stopped before."""

    pool_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class InstanceEnded(InstanceEntry):
    """EC2 was asked to end it, because it was lost or broken."""

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class InstanceTerminated(InstanceEntry):
    """EC2 says that it is gone."""

    pool_id: str
    why: str
    sessions_move_for: StatusReason


@dataclass(frozen=True, slots=True)
class OrphanTerminated(InstanceEntry):
    """No row explained it, so it was ended; both ids as its tags say."""

    pool_id: str
    launch_id: str


@dataclass(frozen=True, slots=True)
class LedgerEntry(Entry):
    """A line of a day's ledger. `interruptionWaste`: an instance that was paid and could take nobody any more."""

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
