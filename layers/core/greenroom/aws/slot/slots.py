"""Slot rows in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.aws.slot.slot_moves import make_move, write_of
from greenroom.aws.slot.slot_rows import instance_key, slot_key, slot_of
from greenroom.aws.table.rows import RowChanged, change, query, read
from greenroom.aws.table.write import Write
from greenroom.domain.errors import NotFound, StaleEpoch
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import SlotMove, start_streaming


class DynamoSlots:
    """ports.Slots."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, slot_id: str) -> Slot:
        try:
            row = read(self._table, *slot_key(slot_id))
        except ValueError as error:
            raise NotFound("slot", slot_id) from error
        if not row:
            raise NotFound("slot", slot_id)
        return slot_of(row)

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        return [slot_of(row) for row in query(self._table, instance_key(instance_id), begins_with="SLOT#")]

    def move(self, slot: Slot, move: SlotMove) -> None:
        make_move(self._table, slot, move)

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        try:
            self._change(write_of(self._table, start_streaming(slot_id, session_id, epoch, now)), slot_id)
        except StaleEpoch:
            slot = self.get(slot_id)
            if (slot.session_id, slot.epoch, slot.state) != (session_id, epoch, SlotState.RETIRED):
                raise

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        write = Write(self._table, *slot_key(slot_id)).when_equal("sessionId", session_id).when_equal("epoch", epoch)
        # Never shorter, and a shorter one is no error: so the comparison stands beside the fence, not in it.
        lease = write.name("leaseUntil")
        write.when(f"attribute_not_exists({lease}) OR {lease} < {write.value(lease_until)}")
        try:
            self._change(write.set("leaseUntil", lease_until), slot_id)
        except StaleEpoch:
            slot = self.get(slot_id)
            if (slot.session_id, slot.epoch) != (session_id, epoch):
                raise

    def _change(self, write: Write, slot_id: str) -> None:
        try:
            change(write, self._table, *slot_key(slot_id))
        except RowChanged as changed:
            raise StaleEpoch("slot", slot_id) from changed
