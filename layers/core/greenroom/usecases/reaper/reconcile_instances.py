"""Repairs the instances of a pool in each pass of the reaper, the repair that runs every 10 s.

When EC2 no longer has an instance, its agent sends no heartbeats, or it is not Ready in time, its sessions move to
other instances, and the instance is terminated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import Conflict, NotFound, SlotLost
from greenroom.domain.instance.evacuation import RETURNING_STATES, is_being_lost
from greenroom.domain.instance.instance import CLAIMABLE_STATES, InstanceState, Notice, NoticeKind
from greenroom.domain.journal import instance as journal
from greenroom.domain.session.session import TERMINAL_STATES, StatusReason, epoch_of
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.slot.slot_move import reset, retire_idle, withdraw
from greenroom.ports.instance import Ec2State
from greenroom.usecases.instance.end_instance import finish_instance, quarantine_instance
from greenroom.usecases.instance.evacuate_instance import evacuate_instance
from greenroom.usecases.instance.tend_warm_pool import reconcile_stopped
from greenroom.usecases.notify.notify_peers import notify_agent_of_slot
from greenroom.usecases.pool.judge_boots import record_boot_failure

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.instance import Ec2Instance, HasEc2, HasFleet, HasLaunches, HasOfferings, Member
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.reaper import HasOrphans
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
        HasOrphans,
        HasPools,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


UNKNOWN_GRACE_S = 300
"""How long after its launch an instance may be unknown to EC2 without counting as gone, seconds.

Soon after a launch, EC2 may not know the instance's id yet. Source: EC2, eventual consistency.
"""
LAUNCH_GRACE_S = 60
"""How long after its deadline a launch may still undo itself before the reaper terminates its instance, seconds."""
RESET_GRACE_S = 30
"""How long an overdue slot may still take to be ready after its agent was reminded, seconds.

A slot that takes longer is retired, which means that it is never used again.
"""
MASS_SILENCE, MASS_SHARE = 3, 0.3
"""The number of silent instances in a pool, and their share of its instances, that mean an outage of the control plane.

A silent instance sends no heartbeats. If at least that many instances, and more than that share, are silent at once,
the silent instances probably still serve viewers, so none of them is ended.
"""

I = InstanceState  # noqa: E741
_HEARD = frozenset({I.BOOTING, I.READY, I.DRAINING})
_STOPS = frozenset({Ec2State.STOPPING, Ec2State.STOPPED})
_STANDING = _STOPS | {Ec2State.PENDING, Ec2State.RUNNING}
_SPOT_ENDINGS = ("Server.SpotInstanceTermination", "Server.SpotInstanceShutdown")


def silent_instances(members: Sequence[Member], lease_s: int, now: float) -> list[Instance]:
    """Returns the instances whose last heartbeat is older than `lease_s` seconds.

    The agent of such an instance has stopped serving by itself.
    """
    serving = [each.instance for each in members if each.instance.state in _HEARD]
    return [each for each in serving if each.heartbeat_at is not None and now - each.heartbeat_at > lease_s]


def is_mass_silence(silent: int, members: Sequence[Member]) -> bool:
    """Whether so many instances send no heartbeats that the control plane, not the instances, must have failed.

    `silent`: the number of silent instances. Example: 3 silent instances of 8 are enough; 2 of 2 and 3 of 20 are not.
    """
    serving = sum(each.instance.state in _HEARD for each in members)
    return silent >= MASS_SILENCE and silent > MASS_SHARE * serving


def reconcile_instance(member: Member, seen: Ec2Instance | None, is_silent: bool, ports: Ports) -> None:
    """Makes at most one repair of the instance or its slots. The next pass (run of the reaper) makes the next repair.

    `member`: the instance with its slots. `seen`: the instance as EC2 listed it before the rows were read; None: EC2's
    list lacked the instance, which alone does not prove that the instance is gone. `is_silent`: the instance's agent
    sends no heartbeats any more.
    """
    instance, now = member.instance, ports.now()
    if seen is None:
        seen = ports.ec2.find(instance.instance_id)
        if ports.fleet.get(instance.instance_id).version != instance.version:
            return  # the row changed in the meantime: only what EC2 said before the row was read may count
    is_unknown = seen is None and now - instance.launched_at > UNKNOWN_GRACE_S
    if is_unknown or (seen is not None and seen.state is Ec2State.TERMINATED):
        finish_instance(instance, _reason(seen), ports)
    elif instance.state is I.TERMINATING:
        if seen is None or seen.state is not Ec2State.SHUTTING_DOWN:
            ports.ec2.terminate(instance.instance_id)  # an earlier request may have been lost or refused
    elif reconcile_stopped(member, seen, ports):
        return
    elif (notice := _notice_of(instance, seen, is_silent, ports)) is not None:
        with suppress(Conflict):  # a heartbeat was recorded after all
            evacuate_instance(instance.instance_id, notice, ports)
            _judge_boot(instance, ports)
    elif instance.state is I.QUARANTINED or _is_late(instance, now):
        with suppress(Conflict):  # the instance became Ready after all
            quarantine_instance(instance, "neverReady", ports)
            _judge_boot(instance, ports)
    else:
        for slot in member.slots:
            _reconcile_slot(slot, instance, ports)


def _notice_of(instance: Instance, seen: Ec2Instance | None, is_silent: bool, ports: Ports) -> Notice | None:
    """Returns the notice (word that an instance will be lost) that makes an evacuation necessary, or else None.

    An evacuation moves the sessions of an instance to other instances. The notice follows from what EC2 shows now, from
    a stored notice, or from missing heartbeats. A stored notice is returned in each pass (run of the reaper), because
    an evacuation that the notice started earlier may have died.
    """
    if seen is not None and (seen.state is Ec2State.SHUTTING_DOWN or _stops(instance, seen, ports)):
        return Notice(NoticeKind.INSTANCE_GONE, ports.now())
    if is_being_lost(instance) or instance.state in CLAIMABLE_STATES:
        known = instance.notice
        if known is None and instance.state is I.INTERRUPTED:
            return Notice(NoticeKind.INSTANCE_GONE, ports.now())
        if known is not None:
            return known
    return Notice(NoticeKind.SILENCE, instance.heartbeat_at) if is_silent and instance.heartbeat_at else None


def _stops(instance: Instance, seen: Ec2Instance, ports: Ports) -> bool:
    """Whether the instance is being stopped in EC2, or is stopped, by somebody other than Greenroom.

    EC2 is asked once more, because `seen` comes from a list that is older than the instance's row.
    """
    if seen.state not in _STOPS or instance.state is I.LAUNCHING:
        return False
    now = ports.ec2.find(instance.instance_id)
    return now is not None and now.state in _STOPS


def _judge_boot(instance: Instance, ports: Ports) -> None:
    """Counts a failed boot if the instance's agent registered, but the instance never became Ready.

    Failed boots are counted because the image may be broken.
    """
    if instance.state is I.BOOTING and instance.ready_at is None and instance.notice is None:
        record_boot_failure(instance.pool_id, instance.instance_id, "neverReady", ports)


def _reason(seen: Ec2Instance | None) -> StatusReason:
    spot = seen is not None and seen.ended_by in _SPOT_ENDINGS
    return StatusReason.SPOT_INTERRUPTED if spot else StatusReason.INSTANCE_UNHEALTHY


def _is_late(instance: Instance, now: float) -> bool:
    """Whether the instance is not Ready although its deadline is over.

    A Launching instance gets LAUNCH_GRACE_S more. Within this time the launch of the instance undoes itself, and that
    undoes more than ending only the instance would.
    """
    grace = LAUNCH_GRACE_S if instance.state is I.LAUNCHING else 0
    waiting = instance.state in (I.LAUNCHING, I.BOOTING)
    return waiting and instance.deadline_at is not None and now > instance.deadline_at + grace


def _reconcile_slot(slot: Slot, instance: Instance, ports: Ports) -> None:
    now = ports.now()
    with suppress(SlotLost):  # the slot changed hands since the index was read
        if slot.session_id is not None and not _is_held(slot, ports):
            ports.slots.move(slot, reset(slot, now, now + RESET_GRACE_S))
            notify_agent_of_slot(ports.slots.get(slot.slot_id), ports)
        elif instance.state in RETURNING_STATES:
            if slot.state is SlotState.FREE:  # a call died half-way: this free slot would keep the instance from ending
                ports.slots.move(slot, withdraw(slot, now, now + RESET_GRACE_S))
        elif slot.state is SlotState.RESETTING and slot.deadline_at is not None and now > slot.deadline_at:
            current = ports.slots.get(slot.slot_id)
            if current.deadline_at != slot.deadline_at:
                return
            if now > slot.deadline_at + RESET_GRACE_S:
                ports.slots.move(slot, retire_idle(slot, now))  # others serve on; the planner replaces the instance
            notify_agent_of_slot(ports.slots.get(slot.slot_id), ports)


def _is_held(slot: Slot, ports: Ports) -> bool:
    """Whether the session that `slot` names still has this slot.

    The rows are read consistently, because `slot` comes from an index that may still show an earlier session. If the
    slot's row has changed since, the answer is True, so that nothing is repaired for an outdated reason.
    """
    current = ports.slots.get(slot.slot_id)
    if (current.session_id, current.epoch) != (slot.session_id, slot.epoch) or current.state is SlotState.RETIRED:
        return True  # the row has changed since it was read: there is no reason to repair it now
    try:
        session = ports.sessions.get(str(slot.session_id))
    except NotFound:
        return False
    held = session.assignment is not None and session.assignment.slot_id == slot.slot_id
    return held and epoch_of(session) == slot.epoch and session.state not in TERMINAL_STATES


def reconcile_orphans(
    seen: Mapping[str, Ec2Instance], attempt: Callable[[str, Callable[[], None]], None], ports: Ports
) -> int:
    """Terminates orphans: EC2 instances of this stack with neither a row nor an open launch. Returns their number.

    A row in the state Terminated does not count. An orphan is tagged at once, for people who look at EC2's console. A
    pass (run of the reaper) at least ORPHAN_GRACE_S later terminates the orphan, because the row of a new instance may
    be written a moment after EC2 shows the instance.
    `seen`: EC2's instances by id. `attempt`: runs one repair.
    """
    orphans = [each for each in seen.values() if each.state in _STANDING]
    orphans = [each for each in orphans if not _is_explained(each, ports)]
    for each in orphans:
        attempt(each.instance_id, lambda one=each: _end_orphan(one, ports))  # type: ignore[misc]
    return len(orphans)


ORPHAN_GRACE_S = 30
"""How long an orphan (an EC2 instance that no row accounts for) is only tagged before it is terminated, seconds."""


def _is_explained(seen: Ec2Instance, ports: Ports) -> bool:
    """Whether stored rows account for the EC2 instance: a row of it that is not Terminated, or its open launch."""
    with suppress(NotFound):
        return ports.fleet.get(seen.instance_id).state is not I.TERMINATED
    try:
        launch = ports.launches.get(seen.pool_id, seen.launch_id)
    except NotFound:
        return False
    return launch.is_open and ports.now() < launch.deadline_at


def _end_orphan(seen: Ec2Instance, ports: Ports) -> None:
    now = ports.now()
    if now - ports.orphans.first_seen(seen.instance_id, now) < ORPHAN_GRACE_S:
        ports.ec2.tag_orphan(seen.instance_id)
        return
    ports.ec2.terminate(seen.instance_id)
    ports.journal.append(journal.OrphanTerminated(seen.instance_id, seen.pool_id, seen.launch_id), now)
