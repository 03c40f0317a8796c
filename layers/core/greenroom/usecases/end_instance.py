"""Take an instance out of service: nobody new comes, who plays on it is told, EC2 ends it."""

from __future__ import annotations

from contextlib import suppress

from greenroom.domain.errors import NotFound, SlotLost
from greenroom.domain.instance import INSTANCE_TRANSITIONS, Instance, InstanceState, changed
from greenroom.domain.session import StatusReason
from greenroom.domain.slot import Slot
from greenroom.ports import Ports
from greenroom.usecases.change_rows import change_instance
from greenroom.usecases.end_session import end_session

CLAIMS_AT_ONCE = 4
"""How often a slot may be claimed while it is being retired."""


def quarantine_instance(instance: Instance, why: str, ports: Ports) -> None:
    """Silent or broken: kept from claims, its sessions end, it is terminated and replaced by the next pass.

    Raises: Conflict (it was heard, or changed, since it was read: look again later).
    """
    if instance.state is not InstanceState.QUARANTINED:
        instance = ports.fleet.save(changed(instance, InstanceState.QUARANTINED, why), unless_heard=True)
    end_instance(instance, StatusReason.INSTANCE_UNHEALTHY, ports)


def end_instance(instance: Instance, reason: StatusReason, ports: Ports) -> None:
    """-> Terminating, and EC2 is asked. Every step may be repeated; the reaper does until EC2 says it is gone."""
    _clear(instance.instance_id, reason, ports)
    change_instance(instance.instance_id, _leaving, ports)
    ports.ec2.terminate(instance.instance_id)
    facts = {"poolId": instance.pool_id, "why": instance.status_reason, "sessionsEndAs": reason.value}
    ports.journal.append(f"INSTANCE#{instance.instance_id}", "InstanceEnded", ports.now(), facts)


def finish_instance(instance: Instance, reason: StatusReason, ports: Ports) -> None:
    """EC2 says it is gone: sessions end, rows leave the pool."""
    _clear(instance.instance_id, reason, ports)
    change_instance(instance.instance_id, _gone, ports)
    facts = {"poolId": instance.pool_id, "why": instance.status_reason or reason.value}
    ports.journal.append(f"INSTANCE#{instance.instance_id}", "InstanceTerminated", ports.now(), facts)


def _clear(instance_id: str, reason: StatusReason, ports: Ports) -> None:
    """Slots first: a session that ended would otherwise find a slot to be given back to the next one."""
    for slot in ports.slots.list_of_instance(instance_id):
        retired = _retire(slot, ports)
        if retired.session_id is not None:
            with suppress(NotFound):
                end_session(retired.session_id, reason, ports)


def _retire(slot: Slot, ports: Ports) -> Slot:
    """The slot as it was retired: its holder is the last one. Raises: SlotLost (claimed again and again)."""
    for _ in range(CLAIMS_AT_ONCE):
        try:
            ports.fleet.retire_slot(slot, ports.now())
        except SlotLost:
            slot = ports.slots.get(slot.slot_id)
            continue
        return slot
    raise SlotLost(slot.slot_id)


def _leaving(instance: Instance) -> Instance:
    if InstanceState.TERMINATING not in INSTANCE_TRANSITIONS[instance.state]:
        return instance
    return changed(instance, InstanceState.TERMINATING)


def _gone(instance: Instance) -> Instance:
    if instance.state is InstanceState.TERMINATED:
        return instance
    return changed(instance, InstanceState.TERMINATED)
