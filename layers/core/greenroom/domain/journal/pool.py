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
    """Records that an operator created or replaced an application, which now has the settings `after`."""

    NAMED_BY_ENTITY = frozenset({"application_id"})

    application_id: str
    operator: str
    after: Application

    @property
    def entities(self) -> tuple[str, ...]:
        return (application_entity(self.application_id),)


@dataclass(frozen=True, slots=True)
class PoolConfigured(PoolEntry):
    """Records that an operator created, replaced or changed a pool, which now has the settings `after`.

    `before` is None when the pool is new.
    """

    operator: str
    before: Pool | None
    after: Pool


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What the planner (which decides how many instances a pool has) knew in one run. Times are epoch seconds."""

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
    """Records one run of the planner that changed a pool's instances, or could not make a change that the pool needs.

    Lists each decided change and each rejected alternative with its reason. The fields that end in `_ids` say what was
    really done. Example: an instance that a session claimed after the decision is in `retirements`, but not in
    `retired_ids`.
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
    """Records that a launched instance never became Ready.

    `in_a_row`: how many instances of the pool in a row have now failed like this. `halts_at`: at how many such failures
    in a row the pool is halted.
    """

    instance_id: str
    why: str  # neverRegistered or neverReady
    in_a_row: int
    halts_at: int


@dataclass(frozen=True, slots=True)
class PoolHalted(PoolEntry):
    """Records that a pool was halted: it launches and starts no instance until an operator resumes it.

    `operator`: who halted the pool. `by` is `greenroom` instead, when Greenroom halted the pool because several boots
    in a row failed.
    """

    reason: str
    operator: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class PoolResumed(PoolEntry):
    """Records that an operator resumed a halted pool. `reason`: why the pool had been halted."""

    operator: str
    reason: str | None
