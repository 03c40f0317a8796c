"""Requests a planning pass of a pool, and never a second one while one is pending."""

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
    """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def request_pass(pool_id: str, cause: str, ports: Ports) -> None:
    """Sends PoolChanged, unless a pass is pending."""
    for asked in pass_to_request(pool_id, cause, ports):
        ports.bus.send(asked)


def pass_to_request(pool_id: str, cause: str, ports: Ports) -> Sequence[PoolChanged]:
    """The bus events that the caller must send now, with its own: PoolChanged, or none while a pass is pending."""
    return [PoolChanged(pool_id=pool_id, cause=cause)] if ports.pools.begin_pass(pool_id, ports.now()) else []


def slot_taken(pool: Pool, taken: Taken, ports: Ports) -> None:
    """Called after a session took a free slot: requests a pass if the idle buffer is no longer full."""
    if taken.free is not None and taken.free < pool.policy.target_idle:
        request_pass(pool.pool_id, "slotTaken", ports)
