"""Stores applications and pools as operators configure them. Each change is recorded with the operator's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from greenroom.domain.anew import Changed, anew
from greenroom.domain.errors import Conflict, InvalidField, NotFound
from greenroom.domain.events import PoolChanged
from greenroom.domain.journal import pool as journal
from greenroom.domain.slot.slot import shards_of
from greenroom.domain.socket.relay import RelayPolicy

if TYPE_CHECKING:
    from greenroom.domain.pool.pool import Application, Pool, PoolPolicy
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasCatalog
    from greenroom.ports.socket import HasTurn
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasCatalog, HasJournal, HasTurn, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def configure_application(application: Application, operator: str, ports: Ports) -> Application:
    """Stores an application as an operator configures it.

    The change applies to later sessions and instances, not to those that already run. Raises: InvalidField.
    """
    _check_relay(application, ports)
    _check_pool(application, ports)
    ports.catalog.save_application(application)
    entry = journal.ApplicationConfigured(application.application_id, operator, application)
    ports.journal.append(entry, ports.now())
    return application


def configure_pool(pool: Pool, operator: str, ports: Ports) -> Pool:
    """Creates or replaces a pool as an operator configures it, and has the pool's capacity planned at once.

    If the pool now serves another application, its present instances drain (get no new sessions), and later launches
    run the new application.
    Raises: InvalidField, Conflict.
    """
    _check_policy(pool.policy, frozenset(_at_most_maximum(pool.policy)))
    return _store(pool.pool_id, lambda before: pool, operator, ports)


@dataclass(frozen=True, slots=True)
class PoolChange:
    """An operator's changes to a pool. A field that is None leaves that part of the pool as it is.

    `policy`: new values of the pool's policy, by the field names of PoolPolicy; fields that are not named keep their
    values.
    """

    policy: Mapping[str, Any] = field(default_factory=dict)
    instance_types: tuple[str, ...] | None = None
    markets: tuple[str, ...] | None = None
    tiers: Mapping[str, int] | None = None  # replaces all tiers (priorities) of the pool
    line_limit: int | None = None


def change_pool(pool_id: str, change: PoolChange, operator: str, ports: Ports) -> Pool:
    """Changes parts of a pool for an operator, and has the pool's capacity planned at once.

    Raises: NotFound, InvalidField, Conflict (others kept changing the pool).
    """

    def changed(before: Pool | None) -> Pool:
        if before is None:
            raise NotFound("pool", pool_id)
        policy = replace(before.policy, **change.policy)
        _check_policy(policy, frozenset(change.policy))
        return replace(
            before,
            policy=policy,
            instance_types=change.instance_types or before.instance_types,
            markets=change.markets or before.markets,
            tiers=change.tiers or before.tiers,
            line_limit=change.line_limit or before.line_limit,
        )

    return _store(pool_id, changed, operator, ports)


def _store(pool_id: str, change: Callable[[Pool | None], Pool], operator: str, ports: Ports) -> Pool:
    def decide() -> Callable[[], Changed[Pool | None, Pool]]:
        before = _stored(pool_id, ports)
        after = _following(before, change(before))
        _check_fit(after, ports)
        return lambda: Changed(before, ports.catalog.save_pool(after))

    others = Conflict("pool", pool_id)
    changed = anew(decide, lost=Conflict, at_last=others)
    before, stored = changed.before, changed.after
    ports.journal.append(journal.PoolConfigured(pool_id, operator, before, stored), ports.now())
    ports.bus.send(PoolChanged(pool_id=pool_id, cause="configured"))
    return stored


def _following(before: Pool | None, after: Pool) -> Pool:
    """Returns the pool's row that is to replace `before`, with the version number that the conditional write compares.

    A pool's free entries (rows of free slots) are spread over shards. The number of shards never decreases, because an
    instance keeps the shard with which it registered.
    """
    shards = shards_of(after.policy.maximum)
    if before is None:
        return replace(after, version=0, shards=shards)
    return replace(after, version=before.version, shards=max(before.shards, shards))


def _stored(pool_id: str, ports: Ports) -> Pool | None:
    try:
        return ports.catalog.pool(pool_id)
    except NotFound:
        return None


def _at_most_maximum(policy: PoolPolicy) -> Mapping[str, tuple[str, int]]:
    """Returns the policy's fields that must not exceed the policy's maximum.

    By the name of the field in the policy: the field's name in HTTP requests, and its value.
    """
    return {
        "always_on": ("policy.alwaysOn", policy.always_on),
        "target_idle": ("policy.targetIdle", policy.target_idle),
        "warm_instances": ("policy.warmInstances", policy.warm_instances),
    }


def _check_policy(policy: PoolPolicy, named: frozenset[str]) -> None:
    """Checks that no field of the policy exceeds the policy's maximum. Raises: InvalidField.

    `named`: the fields that the caller has changed. The error names a changed field that is now too large, or else the
    maximum, which is now too small.
    """
    for part, (name, value) in _at_most_maximum(policy).items():
        if value > policy.maximum and part in named:
            raise InvalidField(
                name, f"must be at most {policy.maximum}, the maximum: lower it, or raise policy.maximum"
            )
        if value > policy.maximum:
            raise InvalidField("policy.maximum", f"must be at least {value}, the pool's {name}: lower that as well")


def _check_relay(application: Application, ports: Ports) -> None:
    """Refuses an application that needs a TURN server if this stack has none: its sessions would never connect.

    Raises: InvalidField.
    """
    if application.relay is RelayPolicy.RELAY and not ports.turn_urls:
        raise InvalidField("relay", "must be all, since this stack has no TURN server: deploy it with TurnUrls first")


def _check_pool(application: Application, ports: Ports) -> None:
    """Refuses an application whose pool serves another application. Raises: InvalidField.

    An operator must first give the pool to this application; then the application may name the pool.
    """
    pool = _stored(application.pool_id, ports)
    if pool is not None and pool.application_id != application.application_id:
        remedy = f"name another pool, or give it this application first: PUT /pools/{pool.pool_id}"
        raise InvalidField("poolId", f"pool {pool.pool_id} serves {pool.application_id}: {remedy}")


def _check_fit(pool: Pool, ports: Ports) -> None:
    """Refuses a pool whose maximum is smaller than the slots of one instance: nothing could ever be launched.

    A maximum of 0 is allowed. Raises: InvalidField.
    """
    try:
        application = ports.catalog.application(pool.application_id)
    except NotFound:
        return  # a pool may be configured before its application
    if 0 < pool.policy.maximum < application.slots_per_instance:
        least = application.slots_per_instance
        raise InvalidField("policy.maximum", f"must be 0, or at least {least}, the slots of one instance")
