"""Ask for a capacity pass when it would change something, and never twice while one is pending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from greenroom.domain.events import PoolChanged
from greenroom.domain.pool.pool import Pool
from greenroom.ports.notify import HasBus
from greenroom.ports.pool import HasPools
from greenroom.ports.session import Taken
from greenroom.ports.world import Clock


class Ports(Clock, HasBus, HasPools, Protocol):
    """What is reached here, callees included."""


def request_pass(pool_id: str, cause: str, ports: Ports) -> None:
    """Send PoolChanged, unless a pass is pending."""
    for asked in pass_to_request(pool_id, cause, ports):
        ports.bus.send(asked)


def pass_to_request(pool_id: str, cause: str, ports: Ports) -> Sequence[PoolChanged]:
    """What the caller must send now, with events of its own: PoolChanged, or nothing while a pass is pending."""
    return [PoolChanged(pool_id=pool_id, cause=cause)] if ports.pools.begin_pass(pool_id, ports.now()) else []


def slot_taken(pool: Pool, taken: Taken, ports: Ports) -> None:
    """One free slot fewer: refill when the buffer is no longer whole."""
    if taken.free is not None and taken.free < pool.policy.target_idle:
        request_pass(pool.pool_id, "slotTaken", ports)
