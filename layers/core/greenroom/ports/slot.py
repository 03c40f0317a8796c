"""The port for the rows of slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.slot.slot import Slot
    from greenroom.domain.slot.slot_move import SlotMove


class Slots(Protocol):
    """The rows of slots. `domain/slot/slot_move.py` says which changes (moves) are possible.

    A move that makes a slot free writes the slot's free-slot entry in the same step; a move that ends its being free
    deletes the entry. The pool's count of free slots is corrected afterwards.
    """

    def get(self, slot_id: str) -> Slot:
        """Reads the slot. Raises: NotFound (no slot has this id)."""

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        """Reads all slots of the instance, consistently, sorted by number."""

    def move(self, slot: Slot, move: SlotMove) -> None:
        """Changes the slot as `move` says, if the slot is as the move requires. `slot`: the slot as the caller read it.

        Raises: SlotLost (the slot has changed).
        """

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        """Changes the slot from Reserved to Streaming, while the session has the slot at this epoch (fencing number).

        A repeated call changes nothing. A slot that was retired with its session on it remains Retired, and its session
        continues.
        Raises: StaleEpoch (the session no longer has the slot).
        """

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        """Extends the slot's lease (the time limit of its claim) until `lease_until`. A longer lease is not shortened.

        Raises: StaleEpoch (the session no longer has the slot).
        """


# -- roles


class HasSlots(Protocol):
    @property
    def slots(self) -> Slots: ...
