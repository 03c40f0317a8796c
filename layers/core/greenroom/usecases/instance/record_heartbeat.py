"""Records an agent's heartbeat: extends the leases of its slots, and answers with the stored state of these slots.

The lease of a slot is the time limit of its claim by a session.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound, StaleEpoch, UnknownInstance
from greenroom.domain.instance.evacuation import ON_ITS_WAY_OUT, is_stronger
from greenroom.usecases.change_rows import change_instance
from greenroom.usecases.instance.record_interruption import announce_notice

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance, InstanceState, Notice
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.instance import HasEc2, HasFleet, HasLaunches
    from greenroom.ports.notify import HasBus
    from greenroom.ports.session import HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasEc2, HasFleet, HasLaunches, HasSessions, HasSlots, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class SlotTruth:
    """A slot as it is stored now, and the join number of the page that the agent should serve on it.

    The join number counts the pages that have shown the slot's session; 0: the slot has no session.
    """

    slot: Slot
    join_number: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to an agent's heartbeat.

    `accepted_at`: when the heartbeat was recorded, epoch seconds. `slots`: all slots of the instance, as they are
    stored.
    """

    accepted_at: float
    instance_state: InstanceState
    slots: tuple[SlotTruth, ...]


def record_heartbeat(
    instance_id: str,
    boot_nonce: str,
    epochs: Mapping[str, int],
    lease_s: int,
    ports: Ports,
    notice: Notice | None = None,
) -> Heard:
    """Records an agent's heartbeat, and extends the leases (time limits of the claims) of the instance's slots.

    `epochs`: by slot id, the epoch (fencing number, raised at each claim) that the agent knows. The lease of a slot is
    extended only if the agent knows the slot's present epoch.
    `notice`: the word from EC2, if any, that the instance will be lost. The agent repeats the notice in every later
    heartbeat, but it is announced on the bus once.
    Whatever else a heartbeat says about a slot is only a hint. What really happened on a slot, the agent reports as a
    slot event.
    Raises: UnknownInstance; StaleBoot, InstanceHasEnded (HTTP 409: the agent must stop, and must not extend its
    dead-man timer).
    """
    now = ports.now()
    try:
        instance = ports.fleet.record_heartbeat(instance_id, boot_nonce, now)
    except NotFound as error:
        raise UnknownInstance(instance_id) from error
    slots = ports.slots.list_of_instance(instance_id)
    for slot in slots:
        if slot.session_id is not None and epochs.get(slot.slot_id) == slot.epoch:
            with suppress(StaleEpoch):  # given back since the read: the next heartbeat's answer says so
                ports.slots.extend_lease(slot.slot_id, slot.session_id, slot.epoch, now + lease_s)
    if notice is not None:
        _record(instance, notice, ports)
    return Heard(now, instance.state, tuple(SlotTruth(each, _join_number(each, ports)) for each in slots))


def _record(instance: Instance, notice: Notice, ports: Ports) -> None:
    """Announces the notice (word that the instance will be lost) on the bus, then stores the notice.

    If the call dies in between, a later heartbeat announces the notice again, which is harmless.
    """
    if instance.state in ON_ITS_WAY_OUT or not is_stronger(notice, instance.notice):
        return
    announce_notice(instance, notice, ports)

    def known(before: Instance) -> Instance:
        return replace(before, notice=notice) if is_stronger(notice, before.notice) else before

    change_instance(instance.instance_id, known, ports)


def _join_number(slot: Slot, ports: Ports) -> int:
    if slot.session_id is None:
        return 0
    try:
        return ports.sessions.get(slot.session_id).join_number
    except NotFound:
        return 0
