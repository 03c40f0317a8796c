"""Carries out a committed plan for a pool: asks EC2 to start, stop and terminate the instances that the plan names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from greenroom.usecases.instance.retire_instances import retire_instances
from greenroom.usecases.instance.tend_warm_pool import start_instances, stop_instances
from greenroom.usecases.one_by_one import one_by_one

if TYPE_CHECKING:
    from greenroom.ports.instance import HasEc2, HasFleet, HasLaunches, HasOfferings
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasPools
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.world import Clock, Rng

    class Ports(
        Clock, Rng, HasBus, HasEc2, HasFleet, HasJournal, HasLaunches, HasOfferings, HasPools, HasSlots, Protocol
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The ids of the instances that EC2 was asked to start, to stop and to terminate."""

    started: list[str]
    stopped: list[str]
    retired: list[str]


def follow_plan(
    pool_id: str, starts: Sequence[str], stops: Sequence[str], retirements: Sequence[str], ports: Ports
) -> Followed:
    """Asks EC2 to start, stop and terminate the instances in the three lists.

    A failure in one list does not prevent the work on the other lists. Repeating the call is harmless.
    Raises: after all three lists, one of the errors, as `one_by_one` chooses it. The reaper (the repair that runs every
    10 s) repeats what failed.
    """
    turns: Mapping[str, Callable[[], list[str]]] = {
        "starts": lambda: start_instances(pool_id, starts, ports) if starts else [],
        "stops": lambda: stop_instances(stops, ports),
        "retirements": lambda: retire_instances(retirements, ports),
    }
    return Followed(*one_by_one(turns, lambda each: turns[each]()))
