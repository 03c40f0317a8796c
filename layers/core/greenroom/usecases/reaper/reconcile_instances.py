"""The instances of one pool against EC2 and the clock: what is gone, silent or late is emptied and ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from greenroom.domain.errors import Conflict, NotFound, SlotLost
from greenroom.domain.instance.evacuation import RETURNING_STATES, is_being_lost
from greenroom.domain.instance.instance import CLAIMABLE_STATES, Instance, InstanceState, Notice, NoticeKind
from greenroom.domain.journal import instance as journal
from greenroom.domain.session.session import TERMINAL_STATES, StatusReason, epoch_of
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import reset, retire_idle, withdraw
from greenroom.ports.instance import Ec2Instance, Ec2State, HasEc2, HasFleet, HasLaunches, HasOfferings, Machinery
from greenroom.ports.line import HasLine
from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.reaper import HasOrphans
from greenroom.ports.session import HasClaims, HasSessions
from greenroom.ports.slot import HasSlots
from greenroom.ports.socket import HasConnections, HasSocket
from greenroom.ports.world import Clock, Dice
from greenroom.usecases.instance.end_instance import finish_instance, quarantine_instance
from greenroom.usecases.instance.evacuate_instance import evacuate_instance
from greenroom.usecases.instance.warm_tier import reconcile_stopped
from greenroom.usecases.notify.tell_peers import tell_agent_of_slot
from greenroom.usecases.pool.judge_boots import note_boot_failure


class Ports(
    Clock,
    Dice,
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
    """What is reached here, callees included."""


UNKNOWN_GRACE_S = 300
"""EC2 may not know a new instance's id for so long: it is pending, and not gone. Source: EC2, eventual consistency."""
LAUNCH_GRACE_S = 60
"""How long after its deadline a launch may undo itself before the reaper ends its instance."""
RESET_GRACE_S = 30
"""How long after the reminder a slot may still take before it is given up."""
MASS_SILENCE, MASS_SHARE = 3, 0.3
"""So many, and more than this share of a pool, silent in one pass: that is our outage and not theirs."""

I = InstanceState  # noqa: E741
_HEARD = frozenset({I.BOOTING, I.READY, I.DRAINING})
_STOPS = frozenset({Ec2State.STOPPING, Ec2State.STOPPED})
_STANDING = _STOPS | {Ec2State.PENDING, Ec2State.RUNNING}
_SPOT_ENDINGS = ("Server.SpotInstanceTermination", "Server.SpotInstanceShutdown")


def silent_instances(machines: Sequence[Machinery], lease_s: int, now: float) -> list[Instance]:
    """Those whose lease ran out: their agents have fenced themselves."""
    serving = [each.instance for each in machines if each.instance.state in _HEARD]
    return [each for each in serving if each.heartbeat_at is not None and now - each.heartbeat_at > lease_s]


def is_mass_silence(silent: int, machines: Sequence[Machinery]) -> bool:
    """Example: 3 of 8 is, 2 of 2 is not, 3 of 20 is not."""
    serving = sum(each.instance.state in _HEARD for each in machines)
    return silent >= MASS_SILENCE and silent > MASS_SHARE * serving


def reconcile_instance(machine: Machinery, seen: Ec2Instance | None, is_silent: bool, ports: Ports) -> None:
    """One repair at most; the next pass makes the next.

    `seen`: as EC2 listed it before the rows were read; None: the list left it out, which says nothing of it yet.
    """
    instance, now = machine.instance, ports.now()
    if seen is None:
        seen = ports.ec2.find(instance.instance_id)
        if ports.fleet.get(instance.instance_id).version != instance.version:
            return  # it went on meanwhile, and is to be judged by what EC2 said before its row was read
    is_unknown = seen is None and now - instance.launched_at > UNKNOWN_GRACE_S
    if is_unknown or (seen is not None and seen.state is Ec2State.TERMINATED):
        finish_instance(instance, _reason(seen), ports)
    elif instance.state is I.TERMINATING:
        if seen is None or seen.state is not Ec2State.SHUTTING_DOWN:
            ports.ec2.terminate(instance.instance_id)  # one call may have been lost or refused
    elif reconcile_stopped(machine, seen, ports):
        return
    elif (notice := _notice_of(instance, seen, is_silent, ports)) is not None:
        with suppress(Conflict):  # it was heard after all
            evacuate_instance(instance.instance_id, notice, ports)
            _judge_boot(instance, ports)
    elif instance.state is I.QUARANTINED or _is_late(instance, now):
        with suppress(Conflict):  # it got ready after all
            quarantine_instance(instance, "neverReady", ports)
            _judge_boot(instance, ports)
    else:
        for slot in machine.slots:
            _reconcile_slot(slot, instance, ports)


def _notice_of(instance: Instance, seen: Ec2Instance | None, is_silent: bool, ports: Ports) -> Notice | None:
    """Why it must be evacuated: what EC2 shows now, what was noted before and perhaps never followed, or silence."""
    if seen is not None and (seen.state is Ec2State.SHUTTING_DOWN or _stops(instance, seen, ports)):
        return Notice(NoticeKind.INSTANCE_GONE, ports.now())
    if is_being_lost(instance) or instance.state in CLAIMABLE_STATES:
        noted = instance.notice
        if noted is None and instance.state is I.INTERRUPTED:
            return Notice(NoticeKind.INSTANCE_GONE, ports.now())
        if noted is not None:
            return noted
    return Notice(NoticeKind.SILENCE, instance.heartbeat_at) if is_silent and instance.heartbeat_at else None


def _stops(instance: Instance, seen: Ec2Instance, ports: Ports) -> bool:
    """Somebody stops it, and not we: asked once more, because the list is older than the row."""
    if seen.state not in _STOPS or instance.state is I.LAUNCHING:
        return False
    now = ports.ec2.find(instance.instance_id)
    return now is not None and now.state in _STOPS


def _judge_boot(instance: Instance, ports: Ports) -> None:
    """An agent that registered and never got ready, or fell silent before: that may be the image."""
    if instance.state is I.BOOTING and instance.ready_at is None and instance.notice is None:
        note_boot_failure(instance.pool_id, instance.instance_id, "neverReady", ports)


def _reason(seen: Ec2Instance | None) -> StatusReason:
    spot = seen is not None and seen.ended_by in _SPOT_ENDINGS
    return StatusReason.SPOT_INTERRUPTED if spot else StatusReason.INSTANCE_UNHEALTHY


def _is_late(instance: Instance, now: float) -> bool:
    """Launching is left to its launch for a while longer: that undoes more than the instance."""
    grace = LAUNCH_GRACE_S if instance.state is I.LAUNCHING else 0
    waiting = instance.state in (I.LAUNCHING, I.BOOTING)
    return waiting and instance.deadline_at is not None and now > instance.deadline_at + grace


def _reconcile_slot(slot: Slot, instance: Instance, ports: Ports) -> None:
    now = ports.now()
    with suppress(SlotLost):  # it changed hands since the index was read
        if slot.session_id is not None and not _is_held(slot, ports):
            ports.slots.move(slot, reset(slot, now, now + RESET_GRACE_S))
            tell_agent_of_slot(ports.slots.get(slot.slot_id), ports)
        elif instance.state in RETURNING_STATES:
            if slot.state is SlotState.FREE:  # a call died between the instance and its slots: it would never end
                ports.slots.move(slot, withdraw(slot, now, now + RESET_GRACE_S))
        elif slot.state is SlotState.RESETTING and slot.deadline_at is not None and now > slot.deadline_at:
            current = ports.slots.get(slot.slot_id)
            if current.deadline_at != slot.deadline_at:
                return
            if now > slot.deadline_at + RESET_GRACE_S:
                ports.slots.move(slot, retire_idle(slot, now))  # its neighbours play on; the planner ends what is worn
            tell_agent_of_slot(ports.slots.get(slot.slot_id), ports)


def _is_held(slot: Slot, ports: Ports) -> bool:
    """Whether the slot's session still holds it; a consistent read, because the index may show an earlier holder."""
    current = ports.slots.get(slot.slot_id)
    if (current.session_id, current.epoch) != (slot.session_id, slot.epoch) or current.state is SlotState.RETIRED:
        return True  # the row went on: nothing to repair on what was read
    try:
        session = ports.sessions.get(str(slot.session_id))
    except NotFound:
        return False
    held = session.assignment is not None and session.assignment.slot_id == slot.slot_id
    return held and epoch_of(session) == slot.epoch and session.state not in TERMINAL_STATES


def reconcile_orphans(
    seen: Mapping[str, Ec2Instance], attempt: Callable[[str, Callable[[], None]], None], ports: Ports
) -> int:
    """EC2 instances of this stack that no row explains; how many there are. A row that says Terminated explains none.

    Tagged at once, for whoever looks at EC2's console; ended by a later pass, 30 s after: a row may be written a moment
    after the machine is seen. Launches under way explain themselves.
    """
    orphans = [each for each in seen.values() if each.state in _STANDING]
    orphans = [each for each in orphans if not _is_explained(each, ports)]
    for each in orphans:
        attempt(each.instance_id, lambda one=each: _end_orphan(one, ports))  # type: ignore[misc]
    return len(orphans)


ORPHAN_GRACE_S = 30


def _is_explained(seen: Ec2Instance, ports: Ports) -> bool:
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
