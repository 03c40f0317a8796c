"""The port for slot rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.slot.slot import Slot
    from greenroom.domain.slot.slot_move import SlotMove


class Slots(Protocol):
    """Slot rows. `domain/slot/slot_move.py` says what may happen to a slot; a store makes all moves in one place.

    A move that makes a slot free writes its free-slot entry in the same step; a move from free deletes the entry. The
    pool's count of free slots is corrected afterwards.
    """

    def get(self, slot_id: str) -> Slot:
        """Reads the slot. Raises: NotFound (there is none with this id)."""

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        """All slots of the instance, by number. A consistent read."""

    def move(self, slot: Slot, move: SlotMove) -> None:
        """Makes the move, if the slot is as the move requires. `slot`: as it was read.

        Raises: SlotLost (the slot has changed).
        """

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        """Reserved -> Streaming, while this session has the slot at this epoch (the number of its claim).

        A repeated call changes nothing. A slot that was retired with its session on it remains Retired, and its session
        continues.
        Raises: StaleEpoch (the session no longer has the slot).
        """

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        """Extends the slot's lease (the time limit of its claim); never shortens it.

        Raises: StaleEpoch (the session no longer has the slot).
        """


# -- roles


class HasSlots(Protocol):
    @property
    def slots(self) -> Slots: ...
