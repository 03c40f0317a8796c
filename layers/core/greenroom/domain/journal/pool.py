"""Journal entries about pools and applications: what operators configured, and what the planner decided."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.journal.entry import Entry, application_entity, pool_entity
from greenroom.domain.pool.pool import Application, Pool, PoolPolicy


@dataclass(frozen=True, slots=True)
class PoolEntry(Entry):
    """The base class of Journal entries about one pool."""

    NAMED_BY_ENTITY = frozenset({"pool_id"})

    pool_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (pool_entity(self.pool_id),)


@dataclass(frozen=True, slots=True)
class ApplicationConfigured(Entry):
    """An operator created or replaced the application."""

    NAMED_BY_ENTITY = frozenset({"application_id"})

    application_id: str
    operator: str
    after: Application

    @property
    def entities(self) -> tuple[str, ...]:
        return (application_entity(self.application_id),)


@dataclass(frozen=True, slots=True)
class PoolConfigured(PoolEntry):
    """An operator created, replaced or changed the pool; `before` is None when the pool is new."""

    operator: str
    before: Pool | None
    after: Pool


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What a planning pass (one run of the planner for a pool) knew when it decided. Times are epoch seconds."""

    policy: PoolPolicy
    slots_per_instance: int
    markets: tuple[str, ...]
    longest_session_s: int
    instances: tuple[str, ...]  # each like `i-0abc Ready on-demand us-east-1a busy 1 of 2`
    open_launch_slots: int
    open_on_demand_slots: int
    queued: int
    event_slots: int
    halted: str | None
    surplus_since: float | None
    surplus_least: int
    give_back_slots: int
    launch_rests_until: float


@dataclass(frozen=True, slots=True)
class PoolPlanned(PoolEntry):
    """A planning pass (one run of the planner) changed the pool, or could not make a change that the pool needs.

    Lists each act and each rejected alternative with its reason. The fields that end in `_ids` say what was really
    done. Example: an instance that a session claimed after the decision is in `retirements`, but not in `retired_ids`.
    """

    rule: str
    inputs: PlanInputs
    wanted: int  # slots
    supply: int  # slots
    launches: tuple[str, ...]
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    retirements: tuple[str, ...]
    rejected: tuple[str, ...]
    surplus_since: float | None
    surplus_least: int
    launch_ids: tuple[str, ...]
    start_ids: tuple[str, ...]
    stopped_ids: tuple[str, ...]
    retired_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BootFailed(PoolEntry):
    """A launched instance never became Ready. `halts_at`: how many such failures in a row halt the pool."""

    instance_id: str
    why: str  # neverRegistered or neverReady
    in_a_row: int
    halts_at: int


@dataclass(frozen=True, slots=True)
class PoolHalted(PoolEntry):
    """The pool was halted by an `operator`, or `by` greenroom itself after several boots in a row failed."""

    reason: str
    operator: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class PoolResumed(PoolEntry):
    """An operator resumed the pool. `reason`: why it had been halted."""

    operator: str
    reason: str | None
