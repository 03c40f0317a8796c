"""Makes slot moves in DynamoDB: the slot's row, its free entry, the pool's count of free slots. Nothing else does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from greenroom.aws.slot.slot_rows import free_key, free_row, pool_key, slot_key
from greenroom.aws.table.rows import change
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.write import Write, put
from greenroom.domain.errors import SlotLost
from greenroom.domain.slot.slot import FreeSlot, Slot, SlotState
from greenroom.domain.slot.slot_move import SlotMove

HOLDER = ("sessionId", "viewerId", "leaseUntil")


def write_of(table: str, move: SlotMove) -> Write:
    """The write of the slot's row, on the condition that the move may start from the stored state."""
    write = Write(table, *slot_key(move.slot_id)).when_in("state", move.sources).when_equal("epoch", move.epoch)
    write.when_equal("sessionId", move.holder).set("state", move.to.value).set("changedAt", move.at)
    if move.next_epoch != move.epoch:
        write.set("epoch", move.next_epoch)
    if move.deadline_at is None:
        write.remove("deadlineAt")
    else:
        write.set("deadlineAt", move.deadline_at)
    if move.leaves:
        return write.remove(*HOLDER)
    if (taker := move.taker) is None:
        return write
    write.when_equal("applicationId", taker.application_id).set("takenAt", taker.taken_at)
    write.set("sessionId", taker.session_id).set("viewerId", taker.viewer_id)
    return write.remove("leaseUntil") if taker.lease_until is None else write.set("leaseUntil", taker.lease_until)


def items_of(table: str, slot: Slot | FreeSlot, move: SlotMove) -> list[dict[str, Any]]:
    """The move as items of a transaction: first the row, then the free entry."""
    items = [write_of(table, move).as_update()]
    if move.begins_free_entry and isinstance(slot, Slot):
        items.append(put(table, free_row(slot)))
    elif move.ends_free_entry:
        key = free_key(slot.pool_id, slot.application_id, slot.shard)
        items.append(Write(table, key, slot.slot_id).as_delete())
    return items


def not_free(table: str, slot: Slot) -> dict[str, Any]:
    """A check that the slot is not free, and so has no free entry."""
    check = Write(table, *slot_key(slot.slot_id))
    return check.when(f"{check.name('state')} <> {check.value(SlotState.FREE.value)}").as_check()


def transact_or_lost(name: str, items: Sequence[dict[str, Any]], noun: str = "slot") -> None:
    """Writes all items or none. Raises: SlotLost, about the `noun` called `name`."""
    try:
        transact(items)
    except Refused as refused:
        raise SlotLost(name, noun) from refused


def count_moves(table: str, pool_id: str, moves: Iterable[SlotMove]) -> int | None:
    """Roughly how many slots of the pool are free after these moves; None if the moves do not change the count.

    The count is a separate write after the moves. It is only a hint, and in the transaction it would make all claims
    of a pool wait for each other. The reaper recounts.
    """
    made = list(moves)
    free, taken = sum(each.free_change for each in made), sum(each.taken_change for each in made)
    if not free and not taken:
        return None
    key = (pool_key(pool_id), "CAPACITY")
    write = Write(table, *key).count("free", free)
    if taken:
        write.count("taken", taken)
    return int(change(write, table, *key)["free"])


def make_move(table: str, slot: Slot, move: SlotMove) -> None:
    """Makes one move in one transaction and corrects the count of free slots. Raises: SlotLost."""
    transact_or_lost(slot.slot_id, items_of(table, slot, move))
    count_moves(table, slot.pool_id, [move])
