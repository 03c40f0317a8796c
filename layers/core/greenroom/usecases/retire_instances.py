"""End what a pass drained."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.domain.errors import NotFound
from greenroom.domain.instance import Instance, InstanceState, changed
from greenroom.domain.slot import SlotState
from greenroom.ports import Ports
from greenroom.usecases.change_rows import change_instance

_IN_USE = frozenset({SlotState.FREE, SlotState.RESERVED, SlotState.STREAMING})


def retire_instances(instance_ids: Sequence[str], ports: Ports) -> list[str]:
    """Draining -> Terminating and EC2 is asked, one by one; those that serve somebody, or are gone, are left out."""
    return [each for each in instance_ids if _retire(each, ports)]


def _retire(instance_id: str, ports: Ports) -> bool:
    # A draining instance takes no session, so what is unused here stays unused.
    if any(each.state in _IN_USE for each in ports.slots.list_of_instance(instance_id)):
        return False
    try:
        instance = change_instance(instance_id, _leaving, ports)
    except NotFound:
        return False
    if instance.state is not InstanceState.TERMINATING:
        return False
    ports.ec2.terminate(instance_id)
    facts = {"reason": instance.status_reason, "poolId": instance.pool_id}
    ports.journal.append(f"INSTANCE#{instance_id}", "InstanceRetired", ports.now(), facts)
    return True


def _leaving(instance: Instance) -> Instance:
    if instance.state is not InstanceState.DRAINING:
        return instance
    return changed(instance, InstanceState.TERMINATING)
