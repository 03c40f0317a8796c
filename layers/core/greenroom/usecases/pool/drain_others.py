"""Drains a pool's instances that still run another application, after operators gave the pool to a new application.

A drained instance gets no new sessions. No viewer is cut off: a session on such an instance continues until it ends.
Then the instance is terminated, which makes room for an instance of the pool's own application.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import SlotLost
from greenroom.domain.instance.instance import CLAIMABLE_STATES

if TYPE_CHECKING:
    from greenroom.ports.instance import HasFleet, Member
    from greenroom.ports.world import Clock
    from greenroom.usecases.pool.read_snapshot import PoolReading

    class Ports(Clock, HasFleet, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


OTHER_APPLICATION = "otherApplication"
"""The status reason of an instance that drains because its pool now serves another application.

No operator can undo such a drain.
"""


def drain_others(reading: PoolReading, ports: Ports) -> int:
    """Drains the pool's instances that run another application than the pool's. Returns how many began to drain.

    A drained instance gets no new sessions, and is terminated after its last session has ended.
    """
    return sum(_drain(each, ports) for each in reading.others)


def _drain(member: Member, ports: Ports) -> bool:
    if member.instance.state not in CLAIMABLE_STATES:
        return False
    with suppress(SlotLost):  # a slot changed hands in the meantime: the next planning pass tries again
        ports.fleet.drain(member.instance, member.slots, ports.now(), OTHER_APPLICATION)
        return True
    return False
