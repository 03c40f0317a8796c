"""Instances, pools, launches and EC2 in memory. Passes the same contract suite as DynamoDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from greenroom.domain.errors import CapacityUnavailable, Conflict, GreenroomError, NotFound, SlotLost
from greenroom.domain.event.scheduled_event import EventHold
from greenroom.domain.instance.instance import Instance, InstanceState, changed
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import RECENT_S, Rest
from greenroom.domain.pool.pool import Halt
from greenroom.domain.session.session import TERMINAL_STATES
from greenroom.domain.session.session_length import LENGTHS_KEPT, SessionLength
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.fleet_ports import BOOTS_KEPT, Ec2Instance, Ec2State, Machinery, PoolRows

from tests.fakes.memory import Memory

HOLDERLESS: dict[str, Any] = {"session_id": None, "viewer_id": None, "lease_until": None}


@dataclass
class FleetRows:
    """What the Fleet table holds beside instances, slots and free entries."""

    launches: dict[tuple[str, str], Launch] = field(default_factory=dict)
    pools: dict[str, PoolRows] = field(default_factory=dict)
    offerings: dict[tuple[str, str], Rest] = field(default_factory=dict)
    failed_boots: dict[str, set[str]] = field(default_factory=dict)
    orphans: dict[str, float] = field(default_factory=dict)


class MemoryFleet:
    """fleet_ports.Fleet."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def list_of_pool(self, pool_id: str, members: Collection[str] | None = None) -> Sequence[Machinery]:
        with self.memory.lock:
            own = [each for each in self.memory.instance_rows.values() if each.pool_id == pool_id]
            return [
                Machinery(each, tuple(self._slots(each.instance_id)))
                for each in own
                if each.state is not InstanceState.TERMINATED
            ]

    def add(self, instance: Instance) -> Instance:
        with self.memory.lock:
            return self.memory.instance_rows.setdefault(instance.instance_id, instance)

    def save(self, instance: Instance, *, unless_heard: bool = False) -> Instance:
        self.memory.step("fleet.save")
        with self.memory.lock:
            stored = self.memory.instance_rows.get(instance.instance_id)
            if stored is None or stored.version != instance.version:
                raise Conflict(instance.instance_id)
            if unless_heard and stored.heartbeat_at != instance.heartbeat_at:
                raise Conflict(instance.instance_id)
            heard_at = None if instance.state is InstanceState.LAUNCHING else stored.heartbeat_at
            after = replace(instance, version=instance.version + 1, heartbeat_at=heard_at)
            self.memory.instance_rows[instance.instance_id] = after
            return after

    def add_slots(self, slots: Sequence[Slot], now: float) -> None:
        with self.memory.lock:
            for slot in slots:
                self.memory.slot_rows.setdefault(slot.slot_id, slot)

    def renew_slot(self, slot: Slot, now: float, deadline_at: float) -> Slot:
        with self.memory.lock:
            current = self._at_epoch(slot)
            if current.state is SlotState.RETIRED:
                raise SlotLost(slot.slot_id)
            state, epoch = SlotState.RESETTING, slot.epoch + 1
            return self._put(replace(current, state=state, epoch=epoch, deadline_at=deadline_at, **HOLDERLESS))

    def reset_slot(self, slot: Slot, now: float, deadline_at: float) -> None:
        with self.memory.lock:
            current = self._at_epoch(slot)
            held = current.state in (SlotState.RESERVED, SlotState.STREAMING)
            if not held or current.session_id != slot.session_id:
                raise SlotLost(slot.slot_id)
            self._put(replace(current, state=SlotState.RESETTING, deadline_at=deadline_at, **HOLDERLESS))

    def retire_slot(self, slot: Slot, now: float) -> None:
        with self.memory.lock:
            self._put(replace(self._at_epoch(slot), state=SlotState.RETIRED, deadline_at=None))

    def drain_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        self.memory.step("fleet.drain_idle")
        return self._take_idle(instance, slots, InstanceState.DRAINING, SlotState.RETIRED, reason)

    def stop_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        self.memory.step("fleet.stop_idle")
        return self._take_idle(instance, slots, InstanceState.STOPPED, SlotState.RESETTING, reason)

    def drain(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        self.memory.step("fleet.drain")
        with self.memory.lock:
            after = replace(changed(instance, InstanceState.DRAINING, reason), version=instance.version + 1)
            current = [self.memory.slot_rows[each.slot_id] for each in slots]
            free = [each for each in current if each.state is SlotState.FREE]
            if free != [each for each in slots if each.state is SlotState.FREE]:
                raise SlotLost(instance.instance_id)
            return self._leave_or_return(instance, after, [replace(each, state=SlotState.RESETTING) for each in free])

    def undrain(self, instance: Instance, slots: Sequence[Slot], now: float, deadline_at: float) -> Instance:
        self.memory.step("fleet.undrain")
        with self.memory.lock:
            after = replace(changed(instance, InstanceState.READY), status_reason=None, version=instance.version + 1)
            current = [self._at_epoch(each) for each in slots if each.state is SlotState.RESETTING]
            if any(each.state is not SlotState.RESETTING for each in current):
                raise SlotLost(instance.instance_id)
            return self._leave_or_return(instance, after, [replace(each, deadline_at=deadline_at) for each in current])

    def _leave_or_return(self, before: Instance, after: Instance, slots: Sequence[Slot]) -> Instance:
        if self.memory.instance_rows[before.instance_id].version != before.version:
            raise SlotLost(before.instance_id)
        for each in slots:
            self._put(each)
        self.memory.instance_rows[before.instance_id] = after
        return after

    def _take_idle(
        self, instance: Instance, slots: Sequence[Slot], to: InstanceState, slot_state: SlotState, reason: str
    ) -> Instance:
        with self.memory.lock:
            stored = self.memory.instance_rows[instance.instance_id]
            current = [self.memory.slot_rows[each.slot_id] for each in slots if each.state is not SlotState.RETIRED]
            if stored.version != instance.version or any(each.state is not SlotState.FREE for each in current):
                raise SlotLost(instance.instance_id)
            for each in current:
                self._put(replace(each, state=slot_state))
            after = replace(changed(instance, to, reason), version=instance.version + 1)
            self.memory.instance_rows[instance.instance_id] = after
            return after

    def _slots(self, instance_id: str) -> list[Slot]:
        own = [each for each in self.memory.slot_rows.values() if each.instance_id == instance_id]
        return sorted(own, key=lambda each: each.number)

    def _at_epoch(self, slot: Slot) -> Slot:
        current = self.memory.slot_rows.get(slot.slot_id)
        if current is None or current.epoch != slot.epoch:
            raise SlotLost(slot.slot_id)
        return current

    def _put(self, slot: Slot) -> Slot:
        self.memory.slot_rows[slot.slot_id] = slot
        self.memory.free_rows.pop(slot.slot_id, None)
        return slot


class MemoryPools:
    """fleet_ports.Pools."""

    def __init__(self, memory: Memory, rows: FleetRows) -> None:
        self.memory, self.rows = memory, rows

    def read(self, pool_id: str) -> PoolRows:
        with self.memory.lock:
            own = tuple(each for (pool, _), each in self.rows.launches.items() if pool == pool_id)
            living = (each for each in self.memory.instance_rows.values() if each.state is not InstanceState.TERMINATED)
            members = tuple(each.instance_id for each in living if each.pool_id == pool_id)
            return replace(self._of(pool_id), launches=own, members=members)

    def clear_pending(self, pool_id: str) -> None:
        with self.memory.lock:
            self.memory.pending_until.pop(pool_id, None)

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        self.memory.step("pools.commit_launches")
        with self.memory.lock:
            if self._of(pool_id).version != version:
                raise Conflict(pool_id)
            self._change(pool_id, version=version + 1)
            for each in launches:
                self.rows.launches[(pool_id, each.launch_id)] = each

    def note_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        self._change(pool_id, surplus_since=since, surplus_least=0 if since is None else least)

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        before = self._of(pool_id)
        if before.surplus_since == since and before.surplus_least > least:
            self._change(pool_id, surplus_least=least)

    def note_given_back(self, pool_id: str, slots: int) -> None:
        self._change(pool_id, give_back_slots=max(0, self._of(pool_id).give_back_slots - slots))

    def note_launch_failed(self, pool_id: str, rests_until: float) -> None:
        failures = self._of(pool_id).failed_launches + 1
        self._change(pool_id, failed_launches=failures, launch_rests_until=rests_until)

    def note_launch_registered(self, pool_id: str) -> None:
        self._change(pool_id, failed_launches=0, launch_rests_until=0.0)

    def note_boot_failed(self, pool_id: str, instance_id: str) -> int:
        failed = self.rows.failed_boots.setdefault(pool_id, set())
        failed.add(instance_id)
        return len(failed)

    def note_boot(self, pool_id: str, seconds: float | None) -> None:
        self.rows.failed_boots.pop(pool_id, None)
        if seconds is None:
            return
        kept = (*self._of(pool_id).boot_times, round(seconds, 1))
        self._change(pool_id, boot_times=kept[-BOOTS_KEPT:])

    def note_length(self, pool_id: str, length: SessionLength) -> None:
        kept = (*self._of(pool_id).session_lengths, length)
        self._change(pool_id, session_lengths=kept[-LENGTHS_KEPT:])

    def halt(self, pool_id: str, halt: Halt) -> bool:
        if self._of(pool_id).halted is not None:
            return False
        self._change(pool_id, halted=halt)
        return True

    def resume(self, pool_id: str) -> bool:
        if self._of(pool_id).halted is None:
            return False
        self.rows.failed_boots.pop(pool_id, None)
        self._change(pool_id, halted=None, failed_launches=0, launch_rests_until=0.0)
        return True

    def hold_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        before = self._of(pool_id)
        held = before.holds.get(event_id, EventHold(slots))
        if held.slots > slots:
            given = before.give_back_slots + held.slots - slots
            self._change(pool_id, give_back_slots=given, give_back_until=give_back_until)
        self._change(pool_id, holds={**before.holds, event_id: replace(held, slots=slots)})

    def open_event(self, pool_id: str, event_id: str) -> None:
        holds = self._of(pool_id).holds
        if event_id in holds and holds[event_id].taken_at is None:
            opened = replace(holds[event_id], taken_at=self._of(pool_id).taken)
            self._change(pool_id, holds={**holds, event_id: opened})

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        before = self._of(pool_id)
        holds = dict(before.holds)
        held = holds.pop(event_id, None)
        if held is None:
            return False
        given = before.give_back_slots + held.slots
        self._change(pool_id, holds=holds, give_back_slots=given, give_back_until=give_back_until)
        return True

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        with self.memory.lock:
            if self.memory.free_counts.get(pool_id) == seen:
                self.memory.free_counts[pool_id] = counted

    def _of(self, pool_id: str) -> PoolRows:
        rows = self.rows.pools.get(pool_id, PoolRows(version=0, launches=()))
        failed = len(self.rows.failed_boots.get(pool_id, ()))
        return replace(rows, taken=self.memory.taken_counts.get(pool_id, 0), failed_boots=failed)

    def _change(self, pool_id: str, **facts: Any) -> None:
        self.rows.pools[pool_id] = replace(self._of(pool_id), **facts)


class MemoryLaunches:
    """fleet_ports.Launches."""

    def __init__(self, memory: Memory, rows: FleetRows) -> None:
        self.memory, self.rows = memory, rows

    def get(self, pool_id: str, launch_id: str) -> Launch:
        self.memory.step("launches.get")
        with self.memory.lock:
            if (pool_id, launch_id) not in self.rows.launches:
                raise NotFound(launch_id)
            return self.rows.launches[(pool_id, launch_id)]

    def save(self, launch: Launch) -> Launch:
        self.memory.step("launches.save")
        with self.memory.lock:
            key = (launch.pool_id, launch.launch_id)
            if key not in self.rows.launches or self.rows.launches[key].version != launch.version:
                raise Conflict(launch.launch_id)
            self.rows.launches[key] = replace(launch, version=launch.version + 1)
            return self.rows.launches[key]


class MemoryOfferings:
    """fleet_ports.Offerings."""

    def __init__(self, rows: FleetRows) -> None:
        self.rows = rows

    def refused(self, pool_id: str, now: float) -> Sequence[Rest]:
        own = [each for (pool, _), each in self.rows.offerings.items() if pool == pool_id]
        return [each for each in own if now - each.refused_at < RECENT_S or each.until > now]

    def rest(self, pool_id: str, rest: Rest) -> bool:
        before = self.rows.offerings.get((pool_id, rest.key))
        self.rows.offerings[(pool_id, rest.key)] = rest
        return before is None or before.until <= rest.refused_at


class MemoryOrphans:
    """fleet_ports.Orphans."""

    def __init__(self, rows: FleetRows) -> None:
        self.rows = rows

    def first_seen(self, instance_id: str, now: float) -> float:
        return self.rows.orphans.setdefault(instance_id, now)


class MemoryLiveSessions:
    """fleet_ports.LiveSessions."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def list_ids(self, limit: int) -> Sequence[str]:
        with self.memory.lock:
            live = [each for each in self.memory.session_rows.values() if each.state not in TERMINAL_STATES]
        return [each.session_id for each in sorted(live, key=lambda each: each.deadline_at)][:limit]


ALWAYS = 10**9
"""More lists than any test asks for."""


class Ec2Busy(Exception):
    """What EC2 says to a call that it does not take, be it a throttle or a right that is missing."""


class FakeEc2:
    """fleet_ports.Ec2: instances stay `shutting-down` until told otherwise; `ignored` ones do not obey.

    For `refusing` ones every call that changes them is refused.
    A list may leave out what runs (`omit`), and what was launched a moment ago may be `unknown` even by its id.
    """

    def __init__(self) -> None:
        self.instances: dict[str, Ec2Instance] = {}
        self.terminated: list[str] = []
        self.stopped: list[str] = []
        self.started: list[str] = []
        self.orphans: list[str] = []
        self.unstartable: set[str] = set()
        self.start_refusal: GreenroomError = CapacityUnavailable("InsufficientInstanceCapacity")
        self.ignored: set[str] = set()
        self.refusing: set[str] = set()
        self.unknown: set[str] = set()
        self.omitted: dict[str, int] = {}  # how many more lists leave it out
        self.found: list[str] = []  # what was asked for by its id

    def omit(self, instance_id: str, lists: int = 1) -> None:
        """The next so many lists leave it out; ALWAYS: until `show`."""
        self.omitted[instance_id] = lists

    def show(self, instance_id: str) -> None:
        """In every list again, and known by its id."""
        self.omitted.pop(instance_id, None)
        self.unknown.discard(instance_id)

    def _check(self, instance_id: str) -> None:
        if instance_id in self.refusing:
            raise Ec2Busy(instance_id)

    def _is_listed(self, each: Ec2Instance) -> bool:
        left = self.omitted.get(each.instance_id, 0)
        if left > 0:
            self.omitted[each.instance_id] = left - 1
        return left == 0 and each.instance_id not in self.unknown

    def add(self, instance_id: str, launch_id: str = "lch-1", at: float = 0.0, pool_id: str = "demo") -> Ec2Instance:
        """A running one."""
        one = Ec2Instance(
            instance_id, Ec2State.RUNNING, pool_id, launch_id, "g5.xlarge", "us-east-1a", "spot", launched_at=at
        )
        self.instances[instance_id] = one
        return one

    def set(self, instance_id: str, state: Ec2State, ended_by: str = "") -> None:
        self.instances[instance_id] = replace(self.instances[instance_id], state=state, ended_by=ended_by)

    def list_all(self) -> Sequence[Ec2Instance]:
        return [each for each in self.instances.values() if self._is_listed(each)]

    def list_of_launch(self, launch_id: str) -> Sequence[Ec2Instance]:
        own = [each for each in self.instances.values() if each.launch_id == launch_id]
        return [each for each in own if self._is_listed(each)]

    def find(self, instance_id: str) -> Ec2Instance | None:
        self.found.append(instance_id)
        return None if instance_id in self.unknown else self.instances.get(instance_id)

    def terminate(self, instance_id: str) -> None:
        self._check(instance_id)
        self.terminated.append(instance_id)
        if instance_id in self.instances and instance_id not in self.ignored:
            self.set(instance_id, Ec2State.SHUTTING_DOWN)

    def stop(self, instance_id: str) -> None:
        self._check(instance_id)
        self.stopped.append(instance_id)
        one = self.instances.get(instance_id)
        if one is not None and one.state in (Ec2State.PENDING, Ec2State.RUNNING) and instance_id not in self.ignored:
            self.set(instance_id, Ec2State.STOPPING)

    def start(self, instance_id: str) -> None:
        self._check(instance_id)
        self.started.append(instance_id)
        if instance_id in self.unstartable:
            raise self.start_refusal
        if instance_id not in self.instances or self.instances[instance_id].state is not Ec2State.STOPPED:
            raise Conflict(instance_id)
        self.set(instance_id, Ec2State.PENDING)

    def tag_orphan(self, instance_id: str) -> None:
        self.orphans.append(instance_id)
