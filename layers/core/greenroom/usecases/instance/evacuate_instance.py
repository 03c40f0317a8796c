"""Evacuates an instance that will be lost: moves its sessions to other instances, then ends it before EC2 does.

To end an instance is to have EC2 terminate it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import Conflict, NotFound, SlotLost
from greenroom.domain.instance.evacuation import ON_ITS_WAY_OUT, ends_at, noticed, reason_of, shows_picture
from greenroom.domain.instance.instance import InstanceState, NoticeKind
from greenroom.domain.journal import instance as journal
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.slot.slot_move import retire_idle
from greenroom.usecases.change_rows import change_instance
from greenroom.usecases.instance.end_instance import end_instance
from greenroom.usecases.pool.request_pass import request_pass
from greenroom.usecases.session.migrate_session import held_session, migrate_session

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance, Notice
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.instance import HasEc2, HasFleet, HasLaunches
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.session import HasClaims, HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock, Rng

    class Ports(
        Clock,
        Rng,
        HasBus,
        HasCatalog,
        HasClaims,
        HasConnections,
        HasEc2,
        HasFleet,
        HasJournal,
        HasLaunches,
        HasLine,
        HasMetrics,
        HasPools,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


_LOST = frozenset({InstanceState.INTERRUPTED, InstanceState.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Evacuation:
    """How far an evacuation (which moves the sessions of an instance to other instances) has got.

    `done`: nothing is left to do. `held`: how many slots of the instance have a session, or still stream to a viewer
    whose session has moved. `ends_at`: when EC2 will end the instance, epoch seconds; None: unknown, or EC2 will not
    end it.
    """

    done: bool
    held: int
    ends_at: float | None


def evacuate_instance(instance_id: str, notice: Notice, ports: Ports) -> Evacuation:
    """Moves the sessions of an instance that will be lost to other instances, as far as that is possible now.

    Repeat the call until `done`; any caller may continue what another caller began. A session that claimed a slot of
    the instance just when the notice arrived is moved by the next call. Then the instance is terminated, as soon as no
    slot of it streams to a viewer any more. If EC2 only advised to leave the instance, its sessions continue until they
    end.
    `notice`: the word that the instance will be lost.
    Raises: NotFound; Conflict, after which the caller tries again later (the agent of an instance that seemed lost has
    sent a heartbeat, or other calls keep changing the instance's row).
    """
    instance = _take_out(instance_id, notice, ports)
    if instance.state in ON_ITS_WAY_OUT:
        return Evacuation(done=True, held=0, ends_at=None)
    for slot in ports.slots.list_of_instance(instance_id):
        _retire_idle(slot, ports)
    if instance.state not in _LOST:  # EC2 only advised to leave the instance: its sessions continue until they end
        return Evacuation(done=True, held=len(_held(instance_id, ports)), ends_at=None)
    until = ends_at(instance.notice) if instance.notice else None
    if shows_picture(instance, ports.now()):
        _move_all(instance, until, ports)
        if held := _held(instance_id, ports):
            return Evacuation(done=False, held=len(held), ends_at=until)
    end_instance(instance, reason_of(instance), ports)
    return Evacuation(done=True, held=0, ends_at=until)


def _take_out(instance_id: str, notice: Notice, ports: Ports) -> Instance:
    silent = notice.kind is NoticeKind.SILENCE

    def out(before: Instance) -> Instance:
        if silent and before.state is not InstanceState.QUARANTINED and before.heartbeat_at != notice.at:
            raise Conflict("instance", instance_id, "was heard again. Leave it in service.")
        return noticed(before, notice)

    known = ports.fleet.get(instance_id).notice
    instance = change_instance(instance_id, out, ports, unless_heard=silent)
    if instance.notice != known and instance.notice is not None:
        until = ends_at(instance.notice)
        entry = journal.InstanceNoticed(instance_id, instance.pool_id, instance.notice.kind, until)
        ports.journal.append(entry, ports.now())
        request_pass(instance.pool_id, "instanceNoticed", ports)
    return instance


def _retire_idle(slot: Slot, ports: Ports) -> None:
    if slot.session_id is not None or slot.state is SlotState.RETIRED:
        return
    with suppress(SlotLost):  # a session has claimed the slot in the meantime
        ports.slots.move(slot, retire_idle(slot, ports.now()))


def _move_all(instance: Instance, until: float | None, ports: Ports) -> None:
    for slot in ports.slots.list_of_instance(instance.instance_id):
        with suppress(NotFound):
            if (session := held_session(slot, ports)) is not None:
                migrate_session(session, reason_of(instance), until, ports)


def _held(instance_id: str, ports: Ports) -> list[Slot]:
    """Returns the slots that have a session, and those that still stream to a viewer whose session has just moved."""
    now = ports.now()
    slots = ports.slots.list_of_instance(instance_id)
    return [each for each in slots if each.session_id is not None or now < _lingers_until(each)]


def _lingers_until(slot: Slot) -> float:
    return slot.deadline_at or 0.0 if slot.state is SlotState.RETIRED else 0.0
