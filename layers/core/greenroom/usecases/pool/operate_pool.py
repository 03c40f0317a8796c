"""An operator stops a pool from growing, and lets it grow again."""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.events import PoolChanged, PoolHalted, PoolResumed
from greenroom.domain.journal import pool as journal
from greenroom.domain.pool.pool import Halt
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.world import Clock


class Ports(Clock, HasBus, HasCatalog, HasJournal, HasPools, Protocol):
    """What is reached here, callees included."""


def halt_pool(pool_id: str, reason: str, operator: str, ports: Ports) -> None:
    """Nothing is launched or started until it is resumed; what runs keeps serving, and scale-in goes on.

    Halted already, the first reason stays. Raises: NotFound.
    """
    ports.catalog.pool(pool_id)
    if not ports.pools.halt(pool_id, Halt(reason, ports.now(), operator)):
        return
    ports.journal.append(journal.PoolHalted(pool_id, reason, operator=operator), ports.now())
    ports.bus.send(PoolHalted(pool_id=pool_id, reason=reason, by=operator))


def resume_pool(pool_id: str, operator: str, ports: Ports) -> None:
    """It is planned again at once, with its failed boots forgotten; not halted, nothing changes. Raises: NotFound."""
    ports.catalog.pool(pool_id)
    before = ports.pools.read(pool_id).halted
    if not ports.pools.resume(pool_id):
        return
    reason = before.reason if before else None
    ports.journal.append(journal.PoolResumed(pool_id, operator, reason), ports.now())
    ports.bus.send(PoolResumed(pool_id=pool_id, by=operator))
    ports.bus.send(PoolChanged(pool_id=pool_id, cause="resumed"))
