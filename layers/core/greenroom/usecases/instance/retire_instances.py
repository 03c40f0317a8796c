"""Terminates instances that a planning pass (run of the planner) has drained, or no longer wants in the warm pool.

The warm pool is a pool's stopped instances, which start quickly. A drained instance gets no new sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.instance.evacuation import RETURNING_STATES
from greenroom.domain.instance.instance import InstanceState, changed
from greenroom.domain.journal import instance as journal
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.change_rows import change_instance
from greenroom.usecases.one_by_one import one_by_one

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.ports.instance import HasEc2, HasFleet, HasLaunches
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.world import Clock

    class Ports(Clock, HasEc2, HasFleet, HasJournal, HasLaunches, HasSlots, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


_IN_USE = frozenset({SlotState.FREE, SlotState.RESERVED, SlotState.STREAMING})


def retire_instances(instance_ids: Sequence[str], ports: Ports) -> list[str]:
    """Marks Draining or Stopped instances as Terminating, one by one, and asks EC2 to terminate them.

    Returns the ids of the instances that EC2 was asked to terminate. An instance that has a session, has no row, or is
    in service again is left alone.
    """
    asked = one_by_one(instance_ids, lambda each: _retire(each, ports))
    return [each for each, was_asked in zip(instance_ids, asked, strict=True) if was_asked]


def _retire(instance_id: str, ports: Ports) -> bool:
    # A draining or stopped instance takes no new session, so a slot that is unused now stays unused.
    if any(each.state in _IN_USE for each in ports.slots.list_of_instance(instance_id)):
        return False
    try:
        instance = change_instance(instance_id, _leaving, ports)
    except NotFound:
        return False
    if instance.state is not InstanceState.TERMINATING:
        return False
    ports.ec2.terminate(instance_id)
    ports.journal.append(journal.InstanceRetired(instance_id, instance.pool_id, instance.status_reason), ports.now())
    return True


def _leaving(instance: Instance) -> Instance:
    if instance.state not in RETURNING_STATES:
        return instance
    return changed(instance, InstanceState.TERMINATING)
