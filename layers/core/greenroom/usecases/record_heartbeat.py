"""An agent is heard: leases of its held slots are renewed, and it is told the truth about all of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from greenroom.domain.errors import NotFound, StaleEpoch, UnknownInstance
from greenroom.domain.instance import InstanceState
from greenroom.domain.slot import Slot
from greenroom.ports import Ports


@dataclass(frozen=True, slots=True)
class SlotTruth:
    """A slot as it stands, with the join its agent should serve."""

    slot: Slot
    join_number: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to a heartbeat."""

    accepted_at: float
    instance_state: InstanceState
    slots: tuple[SlotTruth, ...]


def record_heartbeat(instance_id: str, boot_nonce: str, epochs: Mapping[str, int], lease_s: int, ports: Ports) -> Heard:
    """`epochs` by slot id, as the agent knows them: only what it knows to hold is renewed.

    What else the agent says of its slots are hints; facts come as slot events.
    Raises: UnknownInstance, StaleBoot (409: it must stop).
    """
    now = ports.now()
    try:
        instance = ports.instances.record_heartbeat(instance_id, boot_nonce, now)
    except NotFound as error:
        raise UnknownInstance(instance_id) from error
    slots = ports.slots.list_of_instance(instance_id)
    for slot in slots:
        if slot.session_id is not None and epochs.get(slot.slot_id) == slot.epoch:
            with suppress(StaleEpoch):  # given back since the read: the next heartbeat says so
                ports.slots.extend_lease(slot.slot_id, slot.session_id, slot.epoch, now + lease_s)
    return Heard(now, instance.state, tuple(SlotTruth(each, _join_number(each, ports)) for each in slots))


def _join_number(slot: Slot, ports: Ports) -> int:
    if slot.session_id is None:
        return 0
    try:
        return ports.sessions.get(slot.session_id).join_number
    except NotFound:
        return 0
