"""A pool was given to another application: what still runs the one before drains.

Nobody is cut off. Whoever plays on such an instance plays on until the session ends; then the instance is ended, and
its room is used for the pool's own application.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from greenroom.domain.errors import SlotLost
from greenroom.domain.instance.instance import CLAIMABLE_STATES
from greenroom.ports.instance import HasFleet, Machinery
from greenroom.ports.world import Clock
from greenroom.usecases.pool.read_snapshot import PoolReading


class Ports(Clock, HasFleet, Protocol):
    """What is reached here, callees included."""


OTHER_APPLICATION = "otherApplication"
"""The status reason of an instance that drains because its pool was given away: no operator takes that back."""


def drain_others(reading: PoolReading, ports: Ports) -> int:
    """No new sessions on what runs another application; how many of them began to drain."""
    return sum(_drain(each, ports) for each in reading.others)


def _drain(machine: Machinery, ports: Ports) -> bool:
    if machine.instance.state not in CLAIMABLE_STATES:
        return False
    with suppress(SlotLost):  # a slot changed hands meanwhile: the next pass looks again
        ports.fleet.drain(machine.instance, machine.slots, ports.now(), OTHER_APPLICATION)
        return True
    return False
