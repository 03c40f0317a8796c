"""Registers an agent, which reports to Greenroom after each boot of its instance.

Checks that this stack launched the instance, creates or renews the instance's slots, and closes the launch.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound, SlotLost, UnknownInstance
from greenroom.domain.events import ReaperNeeded
from greenroom.domain.instance.instance import Instance, InstanceState, registered
from greenroom.domain.instance.launch import LaunchState, advanced
from greenroom.domain.pool.build import build_of
from greenroom.domain.session.session import StatusReason
from greenroom.domain.slot.slot import Slot, SlotState, shard_of, slot_id_of
from greenroom.domain.slot.slot_move import renew
from greenroom.usecases.change_rows import change_instance, change_launch
from greenroom.usecases.instance.await_registration import answer_launch
from greenroom.usecases.pool.judge_boots import boot_timeout_s, ready_timeout_s
from greenroom.usecases.session.migrate_session import held_session, migrate_session

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Boot
    from greenroom.domain.instance.launch import Launch
    from greenroom.domain.pool.pool import Application
    from greenroom.ports.instance import HasEc2, HasFleet, HasLaunches, HasOfferings
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.reaper import HasReaper
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
        HasOfferings,
        HasPools,
        HasReaper,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class RegisteredInstance:
    """The answer to an agent that registers: its instance, the application to run, and the instance's slots."""

    instance: Instance
    application: Application
    slots: tuple[Slot, ...]


def register_instance(instance_id: str, boot: Boot, ports: Ports) -> RegisteredInstance:
    """Registers the agent of an instance after a boot, and returns the instance, its application and its slots.

    `instance_id`: taken from the verified signature of the request. Registering the same boot (the same nonce, a random
    id) again changes nothing.
    Raises: UnknownInstance (this stack did not launch the instance, or the launch was undone), StaleBoot (HTTP 409: the
    agent of a later boot has registered).
    """
    row = _ensure_row(instance_id, ports)
    now, application = ports.now(), ports.catalog.application(row.application_id)
    ready_by = now + ready_timeout_s(row.pool_id, application, ports)

    def booted(before: Instance) -> Instance:
        after = registered(before, boot, now, ready_by, build_of(application))
        if after is not before and before.boot_nonce is not None:
            # Done before the nonce is written: after a crash in between, slots are renewed twice, not never.
            _outdate_slots(instance_id, ready_by, ports)
        return after

    instance = change_instance(instance_id, booted, ports)
    _place(instance, ports)
    instance = ports.fleet.record_heartbeat(instance_id, boot.nonce, now)
    maximum = ports.catalog.pool(instance.pool_id).policy.maximum
    ports.fleet.add_slots(_new_slots(instance, maximum, ready_by), now)
    _close_launch(instance, ports)
    if not ports.reaper.is_held(now):
        ports.bus.send(ReaperNeeded(cause="instanceRegistered"))
    return RegisteredInstance(instance, application, tuple(ports.slots.list_of_instance(instance_id)))


def _place(instance: Instance, ports: Ports) -> None:
    """Stores the availability zone of the instance if its row lacks the zone.

    The answer of CreateFleet may omit the zone; EC2's description of the instance has it.
    """
    if not instance.zone and (found := ports.ec2.find(instance.instance_id)) is not None:
        zone = found.zone
        change_instance(instance.instance_id, lambda before: replace(before, zone=zone), ports)


def _ensure_row(instance_id: str, ports: Ports) -> Instance:
    """Returns the instance's row, or writes the row if the agent registers before the launch has written it.

    To write the row, the launch is found by the instance's tags in EC2, never by what the agent says.
    Raises: UnknownInstance (EC2 has no such instance of this stack, or the instance's launch is over).
    """
    try:
        return ports.fleet.get(instance_id)
    except NotFound:
        pass
    found = ports.ec2.find(instance_id)
    if found is None:
        raise UnknownInstance(instance_id)
    try:
        launch = ports.launches.get(found.pool_id, found.launch_id)
    except NotFound as error:
        raise UnknownInstance(instance_id) from error
    if not launch.is_open:
        raise UnknownInstance(instance_id)
    return ports.fleet.add(
        Instance(
            instance_id=instance_id,
            pool_id=launch.pool_id,
            application_id=launch.application_id,
            launch_id=launch.launch_id,
            state=InstanceState.LAUNCHING,
            instance_type=found.instance_type,
            zone=found.zone,
            market=found.market,
            slot_count=launch.slots,
            launched_at=found.launched_at,
            deadline_at=ports.now() + boot_timeout_s(launch.pool_id, ports),
        )
    )


def _outdate_slots(instance_id: str, ready_by: float, ports: Ports) -> None:
    """Renews all slots of a restarted instance: their sessions move, and older reports about the slots are refused.

    Slots without a session are renewed first, because otherwise a moving session might get such a slot and lose it at
    once.
    """
    for slot in sorted(ports.slots.list_of_instance(instance_id), key=lambda each: each.session_id is not None):
        _move_away(slot, ports)
        if slot.state is not SlotState.RETIRED:
            try:
                ports.slots.move(slot, renew(slot, ports.now(), ready_by))
            except SlotLost:
                _outdate_again(slot, ready_by, ports)


def _move_away(slot: Slot, ports: Ports) -> None:
    with suppress(NotFound):
        if (session := held_session(slot, ports)) is not None:
            migrate_session(session, StatusReason.INSTANCE_UNHEALTHY, None, ports)


def _outdate_again(slot: Slot, ready_by: float, ports: Ports) -> None:
    """Renews a slot of a restarted instance that a session has just claimed.

    The slot streams nothing, so this session moves to another slot, too.
    Raises: SlotLost (another session has claimed the slot in the meantime).
    """
    current = ports.slots.get(slot.slot_id)
    _move_away(current, ports)
    if current.state is not SlotState.RETIRED:
        ports.slots.move(current, renew(current, ports.now(), ready_by))


def _new_slots(instance: Instance, maximum: int, ready_by: float) -> list[Slot]:
    return [
        Slot(
            slot_id=slot_id_of(instance.instance_id, number),
            number=number,
            instance_id=instance.instance_id,
            pool_id=instance.pool_id,
            application_id=instance.application_id,
            state=SlotState.RESETTING,
            epoch=0,
            instance_type=instance.instance_type,
            zone=instance.zone,
            market=instance.market,
            deadline_at=ready_by,
            shard=shard_of(instance.instance_id, maximum),
        )
        for number in range(1, instance.slot_count + 1)
    ]


def _close_launch(instance: Instance, ports: Ports) -> None:
    """Marks the instance's launch as Registered, and answers the state machine that waits for the launch.

    Raises: UnknownInstance (the launch was undone, so this instance is being terminated).
    """
    now = ports.now()

    def done(launch: Launch) -> Launch:
        if launch.state is LaunchState.FAILED:
            raise UnknownInstance(instance.instance_id)
        if launch.state is LaunchState.REGISTERED:
            return launch
        ids = launch.instance_ids or (instance.instance_id,)
        return advanced(replace(launch, instance_ids=ids), LaunchState.REGISTERED, now)

    try:
        launch = change_launch(instance.pool_id, instance.launch_id, done, ports)
    except NotFound:
        return  # the instance first registered long ago, and the launch's row has expired
    ports.pools.record_launch_registered(instance.pool_id)
    answer_launch(launch, ports)
