"""Every move from every state: a store does what `applied` says, with the free entry, and counts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from greenroom.domain.errors import SlotLost
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import SlotMove, applied

from tests.contracts.houses import KINDS, DynamoHouse, House, MemoryHouse
from tests.fakes.slot_moves import MOVES, OTHERS, standing


@pytest.fixture(params=KINDS, scope="module")
def house(request: pytest.FixtureRequest) -> Iterator[Any]:
    """One house for all cases: each puts its slot there anew."""
    if request.param == "memory":
        yield MemoryHouse()
        return
    with DynamoHouse.on_moto(KINDS[request.param]) as built:
        yield built


def outcome(slot: Slot, move: SlotMove) -> Slot | None:
    """None: the slot is lost to it."""
    try:
        return applied(slot, move)
    except SlotLost:
        return None


CROSSED = [
    (SlotState.RESETTING, SlotState.FREE),
    (SlotState.FREE, SlotState.RESETTING),
    (SlotState.FREE, SlotState.RESERVED),
    (SlotState.RESERVED, SlotState.STREAMING),
    (SlotState.STREAMING, SlotState.RETIRED),
]
"""A slot as it was read, and what it has become since, at the same epoch."""


@pytest.mark.parametrize("name", MOVES)
def test_a_store_does_what_the_move_says(house: House, name: str) -> None:
    seen = house.add_slot("i-00000001", SlotState.RESETTING)
    as_read = [
        (standing(seen, state), other(standing(seen, state))) for state in SlotState for other in OTHERS.values()
    ]
    crossed = [(standing(seen, before), standing(seen, after)) for before, after in CROSSED]
    for read, stands in [*as_read, *crossed]:
        check(house, MOVES[name](read), read, stands)


def check(house: House, move: SlotMove, read: Slot, stands: Slot) -> None:
    house.put_slot(stands)
    expected, counted = outcome(stands, move), house.pools.free("demo") or 0
    if expected is None:
        with pytest.raises(SlotLost):
            house.slots.move(read, move)
    else:
        house.slots.move(read, move)
    after, change = house.slots.get(read.slot_id), move.free_change if expected else 0
    assert after == (expected or stands), (read, stands)
    assert house.is_free_entry(after) == (after.state is SlotState.FREE), (read, stands)
    assert (house.pools.free("demo") or 0) == counted + change, (read, stands)
