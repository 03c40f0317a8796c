"""Requests a planning pass (one run of the planner) for a pool.

While a requested pass has not begun yet, no second pass is requested.
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
    """Requests a planning pass (one run of the planner) for the pool by the bus event PoolChanged.

    Does nothing while an earlier requested pass has not begun yet.
    """
    for asked in pass_to_request(pool_id, cause, ports):
        ports.bus.send(asked)


def pass_to_request(pool_id: str, cause: str, ports: Ports) -> Sequence[PoolChanged]:
    """Returns the bus event that requests a planning pass (one run of the planner).

    The caller must send the event at once, and can do so together with events of its own. The result is empty while an
    earlier requested pass has not begun yet.
    """
    return [PoolChanged(pool_id=pool_id, cause=cause)] if ports.pools.begin_pass(pool_id, ports.now()) else []


def slot_taken(pool: Pool, taken: Taken, ports: Ports) -> None:
    """Requests a planning pass (run of the planner) after a session took a free slot, if too few free slots are left.

    Too few are fewer than the idle buffer of the pool's policy (`target_idle`).
    """
    if taken.free is not None and taken.free < pool.policy.target_idle:
        request_pass(pool.pool_id, "slotTaken", ports)
