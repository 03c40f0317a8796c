"""Instances with their slots in memory, and the launches that they come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from greenroom.domain.errors import Conflict, InstanceHasEnded, NotFound, SlotLost, StaleBoot
from greenroom.domain.instance.instance import Instance, InstanceState, changed
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import RECENT_S, Cooldown
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import SlotMove, await_ready, retire_free, withdraw
from greenroom.ports.instance import Member

from greenroom_lab.memory.slots import count_moves, make_moves
from greenroom_lab.memory.store import FleetRows, Memory


class MemoryFleet:
    """ports.Fleet."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, instance_id: str) -> Instance:
        with self.memory.lock:
            return self.memory.find("instance", self.memory.instance_rows, instance_id)

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        with self.memory.lock:
            instance = self.memory.find("instance", self.memory.instance_rows, instance_id)
            if instance.boot_nonce != boot_nonce:
                raise StaleBoot(instance_id)
            if instance.state is InstanceState.BOOTING:
                instance = replace(instance, state=InstanceState.READY, ready_at=now, version=instance.version + 1)
                self.memory.instance_rows[instance_id] = instance
            return instance

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        with self.memory.lock:
            instance = self.memory.find("instance", self.memory.instance_rows, instance_id)
            if instance.boot_nonce != boot_nonce:
                raise StaleBoot(instance_id)
            if instance.state is InstanceState.TERMINATED:
                raise InstanceHasEnded(instance_id)
            self.memory.instance_rows[instance_id] = replace(instance, heartbeat_at=now)
            return self.memory.instance_rows[instance_id]

    def list_of_pool(self, pool_id: str, member_ids: Collection[str] | None = None) -> Sequence[Member]:
        with self.memory.lock:
            own = [each for each in self.memory.instance_rows.values() if each.pool_id == pool_id]
            return [
                Member(each, tuple(self._slots(each.instance_id)))
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
                raise Conflict("instance", instance.instance_id)
            if unless_heard and stored.heartbeat_at != instance.heartbeat_at:
                raise Conflict("instance", instance.instance_id)
            heard_at = None if instance.state is InstanceState.LAUNCHING else stored.heartbeat_at
            after = replace(instance, version=instance.version + 1, heartbeat_at=heard_at)
            self.memory.instance_rows[instance.instance_id] = after
            return after

    def add_slots(self, slots: Sequence[Slot], now: float) -> None:
        with self.memory.lock:
            for slot in slots:
                self.memory.slot_rows.setdefault(slot.slot_id, slot)

    def drain_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        self.memory.step("fleet.drain_idle")
        after = changed(instance, InstanceState.DRAINING, reason)
        return self._change(instance, after, [retire_free(each, now) for each in _used(slots)])

    def stop_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        self.memory.step("fleet.stop_idle")
        after = changed(instance, InstanceState.STOPPED, reason)
        return self._change(instance, after, [withdraw(each, now) for each in _used(slots)])

    def drain(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        self.memory.step("fleet.drain")
        after = changed(instance, InstanceState.DRAINING, reason)
        free = [each for each in slots if each.state is SlotState.FREE]
        others = [each.slot_id for each in slots if each.state is not SlotState.FREE]
        return self._change(instance, after, [withdraw(each, now) for each in free], others)

    def undrain(self, instance: Instance, slots: Sequence[Slot], now: float, deadline_at: float) -> Instance:
        self.memory.step("fleet.undrain")
        after = replace(changed(instance, InstanceState.READY), status_reason=None)
        resetting = [each for each in slots if each.state is SlotState.RESETTING]
        return self._change(instance, after, [await_ready(each, now, deadline_at) for each in resetting])

    def _change(
        self, before: Instance, to: Instance, moves: Sequence[SlotMove], not_free: Sequence[str] = ()
    ) -> Instance:
        """The instance and its slots in one step; then these are counted. Raises: SlotLost."""
        with self.memory.lock:
            rows = self.memory.slot_rows
            published = any(rows[slot_id].state is SlotState.FREE for slot_id in not_free)
            if published or self.memory.instance_rows[before.instance_id].version != before.version:
                raise SlotLost(before.instance_id, "instance")
            make_moves(self.memory, moves)
            after = replace(to, version=before.version + 1)
            self.memory.instance_rows[before.instance_id] = after
        count_moves(self.memory, before.pool_id, moves)
        return after

    def _slots(self, instance_id: str) -> list[Slot]:
        own = [each for each in self.memory.slot_rows.values() if each.instance_id == instance_id]
        return sorted(own, key=lambda each: each.number)


def _used(slots: Sequence[Slot]) -> list[Slot]:
    return [each for each in slots if each.state is not SlotState.RETIRED]


class MemoryLaunches:
    """ports.Launches."""

    def __init__(self, memory: Memory, rows: FleetRows) -> None:
        self.memory, self.rows = memory, rows

    def get(self, pool_id: str, launch_id: str) -> Launch:
        self.memory.step("launches.get")
        with self.memory.lock:
            if (pool_id, launch_id) not in self.rows.launches:
                raise NotFound("launch", launch_id)
            return self.rows.launches[(pool_id, launch_id)]

    def save(self, launch: Launch) -> Launch:
        self.memory.step("launches.save")
        with self.memory.lock:
            key = (launch.pool_id, launch.launch_id)
            if key not in self.rows.launches or self.rows.launches[key].version != launch.version:
                raise Conflict("launch", launch.launch_id)
            self.rows.launches[key] = replace(launch, version=launch.version + 1)
            return self.rows.launches[key]


class MemoryOfferings:
    """ports.Offerings."""

    def __init__(self, rows: FleetRows) -> None:
        self.rows = rows

    def refused(self, pool_id: str, now: float) -> Sequence[Cooldown]:
        own = [each for (pool, _), each in self.rows.offerings.items() if pool == pool_id]
        return [each for each in own if now - each.refused_at < RECENT_S or each.until > now]

    def cool_down(self, pool_id: str, cooldown: Cooldown) -> bool:
        before = self.rows.offerings.get((pool_id, cooldown.key))
        self.rows.offerings[(pool_id, cooldown.key)] = cooldown
        return before is None or before.until <= cooldown.refused_at
