"""Ends an instance: moves its sessions to other instances, and has EC2 terminate the instance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.anew import Changed
from greenroom.domain.errors import NotFound, SlotLost
from greenroom.domain.instance.instance import InstanceState, NoticeKind, changed, changed_if_allowed
from greenroom.domain.instance.prices import hourly_usd
from greenroom.domain.journal import instance as journal
from greenroom.domain.session.session import StatusReason
from greenroom.domain.slot.slot_move import retire
from greenroom.domain.times import iso
from greenroom.usecases.change_rows import change_instance
from greenroom.usecases.pool.request_pass import request_pass
from greenroom.usecases.session.migrate_session import held_session, migrate_session

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
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


CLAIMS_AT_ONCE = 4
"""How often this module tries to retire a slot (to take it out of use for good) while sessions keep claiming it."""
NO_PRICE = "no price known for this type"
_HOUR_S = 3600


def quarantine_instance(instance: Instance, why: str, ports: Ports) -> None:
    """Takes a broken instance out of service, moves its sessions to other instances, and has EC2 terminate it.

    The next planning pass (run of the planner) replaces the instance. `why`: becomes the instance's status reason.
    Raises: Conflict (since `instance` was read, a heartbeat was recorded or the row was changed: look again later).
    """
    if instance.state is not InstanceState.QUARANTINED:
        instance = ports.fleet.save(changed(instance, InstanceState.QUARANTINED, why), unless_heard=True)
    end_instance(instance, StatusReason.INSTANCE_UNHEALTHY, ports)


def end_instance(instance: Instance, reason: StatusReason, ports: Ports) -> None:
    """Moves the instance's sessions to other instances, marks it as Terminating, and asks EC2 to terminate it.

    `reason`: becomes the reason of the moves. Every step can be repeated. The reaper (the repair that runs every 10 s)
    repeats the steps until EC2 reports that the instance is terminated.
    """
    _clear(instance.instance_id, reason, ports)
    ended = _change(instance.instance_id, _leaving, ports)
    ports.ec2.terminate(instance.instance_id)
    _record(ended, journal.InstanceEnded, reason, ports)


def finish_instance(instance: Instance, reason: StatusReason, ports: Ports) -> None:
    """Moves the sessions of an instance that EC2 no longer has to other instances.

    Also marks the instance as Terminated, which removes it from its pool.
    """
    _clear(instance.instance_id, reason, ports)
    _record(_change(instance.instance_id, _gone, ports), journal.InstanceTerminated, reason, ports)


def _clear(instance_id: str, reason: StatusReason, ports: Ports) -> None:
    """Retires all slots of the instance (takes them out of use for good), and moves their sessions to other instances.

    All slots are retired before the first session moves, because otherwise a moving session might get another slot of
    the same instance.
    """
    for slot in [_retire(each, ports) for each in ports.slots.list_of_instance(instance_id)]:
        with suppress(NotFound):
            if (session := held_session(slot, ports)) is not None:
                migrate_session(session, reason, None, ports)


def _retire(slot: Slot, ports: Ports) -> Slot:
    """Retires the slot (takes it out of use for good), and returns the slot as it was before, with its session.

    Raises: SlotLost (sessions kept claiming the slot).
    """
    for _ in range(CLAIMS_AT_ONCE):
        with suppress(SlotLost):
            ports.slots.move(slot, retire(slot, ports.now()))
            return slot
        slot = ports.slots.get(slot.slot_id)
    raise SlotLost(slot.slot_id)


def _change(instance_id: str, change: Callable[[Instance], Instance], ports: Ports) -> Changed[Instance, Instance]:
    """Changes the instance's row by `change`, and returns the instance before and after the change.

    The two are equal if there was nothing to change.
    """
    seen: list[Instance] = []

    def remembering(before: Instance) -> Instance:
        seen.append(before)
        return change(before)

    after = change_instance(instance_id, remembering, ports)
    return Changed(seen[-1], after)


def _record(
    ended: Changed[Instance, Instance],
    kind: type[journal.InstanceEnded] | type[journal.InstanceTerminated],
    reason: StatusReason,
    ports: Ports,
) -> None:
    """Records the end of the instance in the Journal (an append-only log), if this call has changed its state.

    A call that only repeats the steps of an earlier call records nothing.
    """
    instance = ended.after
    if ended.before.state is instance.state:
        return
    why = instance.status_reason or reason.value
    ports.journal.append(kind(instance.instance_id, instance.pool_id, why, reason), ports.now())
    if ended.before.state is not InstanceState.TERMINATING:
        _record_waste(instance, ports)
        request_pass(instance.pool_id, "instanceLost", ports)


def _record_waste(instance: Instance, ports: Ports) -> None:
    """Records in the Journal (an append-only log) what an interrupted instance costs from the notice to its end.

    In this time, no new session can use the instance. Example: 120 s of a Spot g5.xlarge are 0.016767 $.
    """
    notice, now = instance.notice, ports.now()
    if notice is None or notice.kind is NoticeKind.REBALANCE:  # only advice: the instance is still used
        return
    price, seconds = hourly_usd(instance.instance_type, instance.market), round(max(0.0, now - notice.at), 3)
    line = journal.LedgerEntry(
        day=iso(now)[:10],
        line="interruptionWaste",
        instance_id=instance.instance_id,
        pool_id=instance.pool_id,
        seconds=seconds,
        usd=round(Decimal(str(seconds * price.usd / _HOUR_S)), 6) if price else None,
        price_source=price.source if price else NO_PRICE,
    )
    ports.journal.append(line, now)


def _leaving(instance: Instance) -> Instance:
    return changed_if_allowed(instance, InstanceState.TERMINATING)


def _gone(instance: Instance) -> Instance:
    if instance.state is InstanceState.TERMINATED:
        return instance
    return changed(instance, InstanceState.TERMINATED)
