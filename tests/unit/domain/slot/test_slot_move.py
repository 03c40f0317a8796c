"""Every move against every state: the table of edges is what is obeyed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from inspect import getmembers, isfunction

import pytest
from greenroom.domain.errors import IllegalTransition, SlotLost
from greenroom.domain.slot import slot_move
from greenroom.domain.slot.slot import SLOT_TRANSITIONS, Slot, SlotState
from greenroom.domain.slot.slot_move import HELD, SlotMove, applied

from tests.fakes.slot_moves import HOLDER, MOVES, OTHERS, STRANGER, TAKER, standing

SLOT = Slot("i-1.1", 1, "i-1", "demo", "demo", SlotState.FREE, 4, "g5.xlarge", "us-east-1a", "spot")
every_move = pytest.mark.parametrize("name", MOVES)


def ends(name: str, state: SlotState) -> SlotMove:
    return MOVES[name](standing(SLOT, state))


@every_move
@pytest.mark.parametrize("state", SlotState)
def test_a_move_goes_along_an_edge_or_nowhere(name: str, state: SlotState) -> None:
    slot, move = standing(SLOT, state), ends(name, state)
    try:
        after = applied(slot, move)
    except SlotLost:
        assert state not in move.sources or move.taker == STRANGER
        return
    assert state in move.sources
    assert after.state is move.to
    assert after.state is state or after.state in SLOT_TRANSITIONS[state]


def test_every_edge_of_the_table_is_taken_by_a_move() -> None:
    taken = set()
    for name in MOVES:
        for state in SlotState:
            with suppress(SlotLost):
                taken.add((state, applied(standing(SLOT, state), ends(name, state)).state))
    edges = {(before, after) for before, targets in SLOT_TRANSITIONS.items() for after in targets}
    assert {(before, after) for before, after in taken if before is not after} == edges


@pytest.mark.parametrize("to", SlotState)
@pytest.mark.parametrize("source", SlotState)
def test_a_move_without_an_edge_cannot_be_made(source: SlotState, to: SlotState) -> None:
    def make() -> SlotMove:
        return SlotMove("i-1.1", frozenset({source}), to, at=0.0, epoch=1)

    if source is to or to in SLOT_TRANSITIONS[source]:
        assert make().to is to
    else:
        with pytest.raises(IllegalTransition):
            make()


@every_move
@pytest.mark.parametrize("state", SlotState)
def test_what_the_slot_has_become_since_is_another_slot(name: str, state: SlotState) -> None:
    slot, move = standing(SLOT, state), ends(name, state)
    with pytest.raises(SlotLost):
        applied(OTHERS["at a later epoch"](slot), move)
    if move.holder is not None:
        with pytest.raises(SlotLost):
            applied(OTHERS["with another holder"](slot), move)


@every_move
@pytest.mark.parametrize("state", SlotState)
def test_who_holds_it_afterwards_follows_from_the_state(name: str, state: SlotState) -> None:
    """Nobody holds a free slot, or one that starts anew; somebody holds a reserved one, or one that streams."""
    with suppress(SlotLost):
        after = applied(standing(SLOT, state), ends(name, state))
        if after.state in HELD:
            assert after.session_id in (TAKER.session_id, HOLDER)
        if after.state in (SlotState.FREE, SlotState.RESETTING):
            assert (after.session_id, after.viewer_id, after.lease_until) == (None, None, None)
        if after.state is SlotState.FREE:
            assert after.deadline_at is None


@every_move
@pytest.mark.parametrize("state", SlotState)
def test_a_free_slot_is_counted_once_when_it_comes_and_once_when_it_goes(name: str, state: SlotState) -> None:
    move = ends(name, state)
    with suppress(SlotLost):
        after = applied(standing(SLOT, state), move)
        assert move.free_change == (after.state is SlotState.FREE) - (state is SlotState.FREE)
        assert move.taken_change == (move.taker is not None and state is SlotState.FREE)
        assert move.begins_free_entry == (after.state is SlotState.FREE)
        assert move.ends_free_entry or state is not SlotState.FREE


def test_the_epoch_moves_with_the_holder_alone() -> None:
    grows = {name.split()[0] for name in MOVES for state in SlotState if ends(name, state).next_epoch != 4}
    assert grows == {"claim", "hand_over", "renew"}


def test_a_slot_that_is_released_once_retired_stays_retired_with_nobody() -> None:
    retired = standing(SLOT, SlotState.RETIRED)
    after = applied(retired, MOVES["release"](retired))
    assert after == replace(retired, session_id=None, viewer_id=None, lease_until=None)


def test_this_is_every_move_there_is() -> None:
    made = {name for name, function in getmembers(slot_move, isfunction) if function.__module__ == slot_move.__name__}
    assert {name for name in made if not name.startswith("_")} - {"applied"} == {name.split()[0] for name in MOVES}
