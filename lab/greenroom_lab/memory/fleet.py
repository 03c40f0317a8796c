"""Instances and their slots in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from greenroom.domain.errors import Conflict, InstanceHasEnded, SlotLost, StaleBoot, StaleEpoch
from greenroom.domain.instance.instance import Instance, InstanceState, changed
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.fleet_ports import Machinery

from greenroom_lab.memory.store import Memory

HOLDERLESS: dict[str, Any] = {"session_id": None, "viewer_id": None, "lease_until": None}


class MemorySlots:
    """ports.Slots."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, slot_id: str) -> Slot:
        with self.memory.lock:
            return self.memory.find(self.memory.slot_rows, slot_id)

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        with self.memory.lock:
            own = [each for each in self.memory.slot_rows.values() if each.instance_id == instance_id]
        return sorted(own, key=lambda each: each.number)

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        self.memory.step("slots.start_streaming")
        with self.memory.lock:
            slot = self._of(slot_id, session_id, epoch)
            if slot.state is SlotState.RETIRED:
                return
            if slot.state not in (SlotState.RESERVED, SlotState.STREAMING):
                raise StaleEpoch(slot_id)
            self.memory.slot_rows[slot_id] = replace(slot, state=SlotState.STREAMING)

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        with self.memory.lock:
            slot = self._of(slot_id, session_id, epoch)
            self.memory.slot_rows[slot_id] = replace(slot, lease_until=max(slot.lease_until or 0, lease_until))

    def _of(self, slot_id: str, session_id: str, epoch: int) -> Slot:
        slot = self.memory.slot_rows.get(slot_id)
        if slot is None or (slot.session_id, slot.epoch) != (session_id, epoch):
            raise StaleEpoch(slot_id)
        return slot


class MemoryFleet:
    """fleet_ports.Fleet."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, instance_id: str) -> Instance:
        with self.memory.lock:
            return self.memory.find(self.memory.instance_rows, instance_id)

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        with self.memory.lock:
            instance = self.memory.find(self.memory.instance_rows, instance_id)
            if instance.boot_nonce != boot_nonce:
                raise StaleBoot(instance_id)
            if instance.state is InstanceState.BOOTING:
                instance = replace(instance, state=InstanceState.READY, ready_at=now, version=instance.version + 1)
                self.memory.instance_rows[instance_id] = instance
            return instance

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        with self.memory.lock:
            instance = self.memory.find(self.memory.instance_rows, instance_id)
            if instance.boot_nonce != boot_nonce:
                raise StaleBoot(instance_id)
            if instance.state is InstanceState.TERMINATED:
                raise InstanceHasEnded(instance_id)
            self.memory.instance_rows[instance_id] = replace(instance, heartbeat_at=now)
            return self.memory.instance_rows[instance_id]

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
