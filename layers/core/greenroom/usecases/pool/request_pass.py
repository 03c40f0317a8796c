"""Requests a planning pass (one run of the planner) for a pool.

While a pass is pending, no second pass is requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.events import PoolChanged

if TYPE_CHECKING:
    from greenroom.domain.pool.pool import Pool
    from greenroom.ports.notify import HasBus
    from greenroom.ports.pool import HasPools
    from greenroom.ports.session import Taken
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def request_pass(pool_id: str, cause: str, ports: Ports) -> None:
    """Sends the bus event PoolChanged, which starts a planning pass, unless a pass is pending."""
    for asked in pass_to_request(pool_id, cause, ports):
        ports.bus.send(asked)


def pass_to_request(pool_id: str, cause: str, ports: Ports) -> Sequence[PoolChanged]:
    """The bus event that requests a planning pass; empty while a pass is pending. The caller must send it at once.

    This lets the caller send it together with events of its own.
    """
    return [PoolChanged(pool_id=pool_id, cause=cause)] if ports.pools.begin_pass(pool_id, ports.now()) else []


def slot_taken(pool: Pool, taken: Taken, ports: Ports) -> None:
    """Requests a planning pass after a session took a free slot, if too few free slots are left.

    Too few are fewer than the policy's idle buffer (`target_idle`).
    """
    if taken.free is not None and taken.free < pool.policy.target_idle:
        request_pass(pool.pool_id, "slotTaken", ports)
