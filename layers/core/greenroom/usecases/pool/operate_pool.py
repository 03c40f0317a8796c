"""Halts and resumes pools for an operator. Nothing is launched or started for a halted pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.events import PoolChanged, PoolHalted, PoolResumed
from greenroom.domain.journal import pool as journal
from greenroom.domain.pool.pool import Halt
from greenroom.usecases.one_by_one import one_by_one

if TYPE_CHECKING:
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasCatalog, HasJournal, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def halt_pool(pool_id: str, reason: str, operator: str, ports: Ports) -> None:
    """Halts a pool for an operator: until the pool is resumed, no instance is launched or started for it.

    Running instances keep serving, and surplus instances are still terminated. If the pool is halted already, the first
    reason is kept. Raises: NotFound.
    """
    ports.catalog.pool(pool_id)
    _halt(pool_id, reason, operator, ports)


def halt_every_pool(reason: str, operator: str, ports: Ports) -> tuple[str, ...]:
    """Halts all pools for an operator (stops their launches). Returns the ids of all pools, even those halted before.

    Raises: one of the errors, after every pool was tried.
    """
    pool_ids = tuple(ports.catalog.pool_ids())
    one_by_one(pool_ids, lambda pool_id: _halt(pool_id, reason, operator, ports))
    return pool_ids


def _halt(pool_id: str, reason: str, operator: str, ports: Ports) -> None:
    if not ports.pools.halt(pool_id, Halt(reason, ports.now(), operator)):
        return
    ports.journal.append(journal.PoolHalted(pool_id, reason, operator=operator), ports.now())
    ports.bus.send(PoolHalted(pool_id=pool_id, reason=reason, by=operator))


def resume_pool(pool_id: str, operator: str, ports: Ports) -> None:
    """Resumes a halted pool for an operator, resets its counts of failures, and has its capacity planned at once.

    Does nothing if the pool is not halted. Raises: NotFound.
    """
    ports.catalog.pool(pool_id)
    before = ports.pools.read(pool_id).halted
    if not ports.pools.resume(pool_id):
        return
    reason = before.reason if before else None
    ports.journal.append(journal.PoolResumed(pool_id, operator, reason), ports.now())
    ports.bus.send(PoolResumed(pool_id=pool_id, by=operator))
    ports.bus.send(PoolChanged(pool_id=pool_id, cause="resumed"))
