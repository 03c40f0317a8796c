"""Every move there is, of a slot in any state: what tests of all moves go through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from greenroom.domain.slot import slot_move
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import HELD, SlotMove, Taker

NOW = 1_800_000_000.0
UNTIL = NOW + 60
TAKER = Taker("ses-2", "bob", "demo", epoch=9, taken_at=NOW, lease_until=UNTIL)
STRANGER = replace(TAKER, application_id="other")
"""It asked for what the slot does not run."""
HOLDER = "ses-1"

MOVES: Mapping[str, Callable[[Slot], SlotMove]] = {
    "claim": lambda slot: slot_move.claim(slot, TAKER),
    "hand_over": lambda slot: slot_move.hand_over(slot, TAKER),
    "claim by a stranger": lambda slot: slot_move.claim(slot, STRANGER),
    "hand_over to a stranger": lambda slot: slot_move.hand_over(slot, STRANGER),
    "start_streaming": lambda slot: slot_move.start_streaming(slot.slot_id, HOLDER, slot.epoch, NOW),
    "release": lambda slot: slot_move.release(slot, NOW, UNTIL),
    "give_up": lambda slot: slot_move.give_up(slot, NOW, NOW + 15, None),
    "give_up to use again": lambda slot: slot_move.give_up(slot, NOW, NOW + 15, 30),
    "reset": lambda slot: slot_move.reset(slot, NOW, UNTIL),
    "publish": lambda slot: slot_move.publish(slot, NOW),
    "withdraw": lambda slot: slot_move.withdraw(slot, NOW, UNTIL),
    "withdraw for ever": lambda slot: slot_move.withdraw(slot, NOW),
    "await_ready": lambda slot: slot_move.await_ready(slot, NOW, UNTIL),
    "renew": lambda slot: slot_move.renew(slot, NOW, UNTIL),
    "retire_free": lambda slot: slot_move.retire_free(slot, NOW),
    "retire_idle": lambda slot: slot_move.retire_idle(slot, NOW),
    "retire": lambda slot: slot_move.retire(slot, NOW),
}
"""Name -> the move of a slot as it was read."""


def standing(slot: Slot, state: SlotState) -> Slot:
    """`slot` in `state`, at epoch 4, with a holder where the state has one, and a retired one that plays on."""
    held = state in HELD or state is SlotState.RETIRED
    taken = {"session_id": HOLDER, "viewer_id": "ada", "lease_until": UNTIL, "taken_at": NOW - 9} if held else {}
    until = NOW + 5 if state is SlotState.RESETTING else None
    return replace(slot, state=state, epoch=4, deadline_at=until, **taken)  # type: ignore[arg-type]


OTHERS: Mapping[str, Callable[[Slot], Slot]] = {
    "as it was read": lambda slot: slot,
    "at a later epoch": lambda slot: replace(slot, epoch=5),
    "with another holder": lambda slot: replace(slot, session_id="ses-3"),
}
"""What the slot may have become since it was read."""
