"""Slot rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from greenroom.domain.slot.slot import Slot
from greenroom.domain.slot.slot_move import SlotMove


class Slots(Protocol):
    """Slot rows. What may happen to a slot is said in `domain/slot/slot_move.py`, and made in one place of a store.

    A move that begins or ends a free slot writes or removes its free entry in the same step, and is counted after.
    """

    def get(self, slot_id: str) -> Slot:
        """Raises: NotFound."""

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        """All slots of the instance, by number; a consistent read."""

    def move(self, slot: Slot, move: SlotMove) -> None:
        """Make it, if the slot is as the move wants it. `slot`: as it was read. Raises: SlotLost (it is not)."""

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        """Reserved -> Streaming while this session holds it at this epoch; once is enough.

        A slot retired under its session stays Retired: its session plays on. Raises: StaleEpoch.
        """

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        """Never shortens. Raises: StaleEpoch (not this session's slot any more)."""


# -- roles


class HasSlots(Protocol):
    @property
    def slots(self) -> Slots: ...
