"""Slots in memory, and the one place where a slot changes: its row, its free entry and the pool's count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from greenroom.domain.errors import SlotLost, StaleEpoch
from greenroom.domain.shape import selected
from greenroom.domain.slot.slot import FreeSlot, Slot, SlotState
from greenroom.domain.slot.slot_move import SlotMove, applied, start_streaming

from greenroom_lab.memory.store import Memory

COUNT = "slots.count"
"""The step in which moves are counted: a write of its own, before which a call may die or be refused."""


def make_moves(memory: Memory, moves: Iterable[SlotMove]) -> None:
    """All or nothing, under the caller's lock. Raises: SlotLost."""
    after = [(move, applied(_stored(memory, move.slot_id), move)) for move in moves]
    for move, slot in after:
        memory.slot_rows[slot.slot_id] = slot
        if move.begins_free_entry:
            memory.free_rows[slot.slot_id] = free_entry(slot)
        elif move.ends_free_entry:
            memory.free_rows.pop(slot.slot_id, None)


def _stored(memory: Memory, slot_id: str) -> Slot:
    if slot_id not in memory.slot_rows:
        raise SlotLost(slot_id)
    return memory.slot_rows[slot_id]


def count_moves(memory: Memory, pool_id: str, moves: Iterable[SlotMove]) -> int | None:
    """How many slots of the pool are free after these moves; None when they leave the count as it is."""
    made = list(moves)
    free, taken = sum(each.free_change for each in made), sum(each.taken_change for each in made)
    if not free and not taken:
        return None
    memory.step(COUNT)
    with memory.lock:
        memory.free_counts[pool_id] = memory.free_counts.get(pool_id, 0) + free
        memory.taken_counts[pool_id] = memory.taken_counts.get(pool_id, 0) + taken
        return memory.free_counts[pool_id]


class MemorySlots:
    """ports.Slots."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, slot_id: str) -> Slot:
        with self.memory.lock:
            return self.memory.find("slot", self.memory.slot_rows, slot_id)

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        with self.memory.lock:
            own = [each for each in self.memory.slot_rows.values() if each.instance_id == instance_id]
        return sorted(own, key=lambda each: each.number)

    def move(self, slot: Slot, move: SlotMove) -> None:
        self.memory.step("slots.move")
        with self.memory.lock:
            make_moves(self.memory, [move])
        count_moves(self.memory, slot.pool_id, [move])

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        self.memory.step("slots.start_streaming")
        with self.memory.lock:
            if self._of(slot_id, session_id, epoch).state is SlotState.RETIRED:
                return
            try:
                make_moves(self.memory, [start_streaming(slot_id, session_id, epoch, now)])
            except SlotLost as lost:
                raise StaleEpoch("slot", slot_id) from lost

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        with self.memory.lock:
            slot = self._of(slot_id, session_id, epoch)
            self.memory.slot_rows[slot_id] = replace(slot, lease_until=max(slot.lease_until or 0, lease_until))

    def _of(self, slot_id: str, session_id: str, epoch: int) -> Slot:
        slot = self.memory.slot_rows.get(slot_id)
        if slot is None or (slot.session_id, slot.epoch) != (session_id, epoch):
            raise StaleEpoch("slot", slot_id)
        return slot


def free_entry(slot: Slot) -> FreeSlot:
    """The entry a free slot has."""
    return selected(FreeSlot, slot)
