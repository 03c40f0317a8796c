"""What every store of sessions and slots must do when slots change hands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import (
    DuplicateLaunch,
    IllegalTransition,
    NotFound,
    SessionHasEnded,
    SlotLost,
    ViewerLimitReached,
)
from greenroom.domain.instance import InstanceState
from greenroom.domain.session import Session, SessionMove, SessionState, StatusReason
from greenroom.domain.slot import SlotState, shard_of
from greenroom.ports import LineTicket, Wait
from greenroom.usecases.dispatch_line import assign

from tests.contracts.houses import House
from tests.fakes.memory import free_entry

NOW = 1_800_000_000.0


def draft(name: str = "ses-1", viewer: str = "ada", token: str = "t1") -> Session:
    return Session(
        session_id=name,
        viewer_id=viewer,
        tenant_id="acme",
        application_id="demo",
        pool_id="demo",
        client_token=token,
        state=SessionState.REQUESTED,
        requested_at=NOW,
        deadline_at=NOW,
        adopt_by=NOW + 20,
        transitions={SessionState.REQUESTED: NOW},
    )


def queued(name: str = "ses-1", viewer: str = "ada", at: float = NOW) -> Session:
    return replace(
        draft(name, viewer, token=name),
        state=SessionState.QUEUED,
        requested_at=at,
        deadline_at=at + 1200,
        transitions={SessionState.REQUESTED: at, SessionState.QUEUED: at},
    )


def ending(session_id: str, house: House) -> Session:
    move = SessionMove(
        to=SessionState.ENDING,
        at=NOW + 5,
        sources=frozenset({SessionState.QUEUED, SessionState.ASSIGNED}),
        status_reason=StatusReason.USER_LEFT,
    )
    ended: Session = house.sessions.move(session_id, move)
    return ended


def test_a_claim_reserves_the_slot_and_writes_the_session_whole(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    wanted = assign(draft(), free_entry(slot), NOW)
    assert house.claims.claim(free_entry(slot), wanted, 1) == wanted
    assert house.sessions.get("ses-1") == wanted
    after = house.slots.get(slot.slot_id)
    assert (after.state, after.epoch, after.session_id) == (SlotState.RESERVED, 1, "ses-1")
    assert (after.viewer_id, after.lease_until) == ("ada", NOW + 60)
    assert not house.is_free_entry(slot)


def test_a_slot_is_claimed_once(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    free = free_entry(slot)
    house.claims.claim(free, assign(draft("ses-1", "ada"), free, NOW), 1)
    with pytest.raises(SlotLost):
        house.claims.claim(free, assign(draft("ses-2", "bob"), free, NOW), 1)
    with pytest.raises(NotFound):
        house.sessions.get("ses-2")


def test_an_entry_of_an_older_epoch_is_lost(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    old = replace(free_entry(slot), epoch=slot.epoch + 1)
    with pytest.raises(SlotLost):
        house.claims.claim(old, assign(draft(), old, NOW), 1)


def test_a_slot_retired_after_its_entry_was_read_is_lost(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    free = free_entry(slot)
    house.claims.retire(slot, NOW)  # the epoch stays: only the state tells
    with pytest.raises(SlotLost):
        house.claims.claim(free, assign(draft(), free, NOW), 1)


def test_a_late_ready_of_an_earlier_epoch_publishes_nothing(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    house.claims.claim(free_entry(slot), assign(draft(), free_entry(slot), NOW), 1)
    house.claims.release(ending("ses-1", house), NOW)
    late = replace(slot, state=SlotState.RESETTING)  # what was read before the session came and went
    with pytest.raises(SlotLost):
        house.claims.publish(late, NOW)
    assert house.slots.get(slot.slot_id).state is SlotState.RESETTING


def test_a_claim_whose_reply_was_lost_answers_the_row_when_it_is_repeated(house: House) -> None:
    free = free_entry(house.add_slot("i-00000001", SlotState.FREE))
    wanted = assign(draft(), free, NOW)
    house.claims.claim(free, wanted, 1)
    assert house.claims.claim(free, wanted, 1) == wanted


def test_a_client_token_launches_once_even_beside_a_free_slot(house: House) -> None:
    first, second = (free_entry(house.add_slot(f"i-0000000{n}", SlotState.FREE)) for n in (1, 2))
    house.claims.claim(first, assign(draft("ses-1", token="t"), first, NOW), 5)
    with pytest.raises(DuplicateLaunch) as duplicate:
        house.claims.claim(second, assign(draft("ses-2", token="t"), second, NOW), 5)
    assert duplicate.value.session_id == "ses-1"
    assert house.slots.get(second.slot_id).state is SlotState.FREE


def test_the_viewers_limit_holds_in_the_same_transaction(house: House) -> None:
    first, second = (free_entry(house.add_slot(f"i-0000000{n}", SlotState.FREE)) for n in (1, 2))
    house.claims.claim(first, assign(draft("ses-1", token="a"), first, NOW), 1)
    with pytest.raises(ViewerLimitReached) as refused:
        house.claims.claim(second, assign(draft("ses-2", token="b"), second, NOW), 1)
    assert refused.value.session_id == "ses-1"
    with pytest.raises(ViewerLimitReached):
        house.claims.enqueue(replace(queued("ses-3"), client_token="c"), 1)
    assert house.line.head("demo") is None


def test_pages_of_free_slots_start_where_asked_and_wrap(house: House) -> None:
    slots = [house.add_slot(f"i-{n:08x}", SlotState.FREE) for n in range(1, 40)]
    shard = shard_of(slots[0].slot_id)
    own = sorted(slot.slot_id for slot in slots if shard_of(slot.slot_id) == shard)
    assert [each.slot_id for each in house.claims.free_page("demo", shard, "i-", 8)] == own[:8]
    assert [each.slot_id for each in house.claims.free_page("demo", shard, own[1], 1)] == [own[1]]
    assert [each.slot_id for each in house.claims.free_page("demo", shard, "i-ffffffff", 8)] == own[:8]
    assert house.claims.free_page("demo", shard, "i-", 1)[0] == free_entry(
        next(s for s in slots if s.slot_id == own[0])
    )


def test_the_line_is_served_by_time_then_by_id(house: House) -> None:
    for name, at in (("ses-b", NOW), ("ses-c", NOW - 1), ("ses-a", NOW)):
        house.claims.enqueue(queued(name, viewer=name, at=at), 1)
    assert house.line.head("demo") == LineTicket("demo", "ses-c", NOW - 1)
    assert [house.line.place_of(house.sessions.get(name)) for name in ("ses-c", "ses-a", "ses-b")] == [1, 2, 3]
    house.line.remove(LineTicket("demo", "ses-c", NOW - 1))
    house.line.remove(LineTicket("demo", "ses-c", NOW - 1))
    assert house.line.head("demo") == LineTicket("demo", "ses-a", NOW)
    assert house.line.head("elsewhere") is None


@pytest.mark.parametrize("state", [SlotState.FREE, SlotState.RESETTING])
def test_a_slot_is_handed_over_with_its_session_and_the_stored_wait_is_answered(house: House, state: SlotState) -> None:
    slot = house.add_slot("i-00000001", state)
    house.claims.enqueue(queued(), 1)
    house.sessions.store_wait("ses-1", Wait("slot", "token", "arn"))
    ticket = house.line.head("demo")
    after = house.claims.hand_over(ticket, slot, assign(house.sessions.get("ses-1"), slot, NOW + 9))
    assert (after.state, after.version, after.task_token) == (SessionState.ASSIGNED, 2, "token")
    assert after.assignment is not None
    assert (after.assignment.epoch, after.deadline_at, after.lease_until) == (1, NOW + 129, NOW + 69)
    assert house.slots.get(slot.slot_id).state is SlotState.RESERVED
    assert house.line.head("demo") is None
    assert not house.is_free_entry(slot)
    assert house.sessions.get("ses-1") == after


def test_a_session_that_left_the_line_gets_no_slot(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.RESETTING)
    house.claims.enqueue(queued(), 1)
    ticket, wanted = house.line.head("demo"), assign(house.sessions.get("ses-1"), slot, NOW)
    ending("ses-1", house)
    with pytest.raises(SessionHasEnded):
        house.claims.hand_over(ticket, slot, wanted)
    assert house.slots.get(slot.slot_id).state is SlotState.RESETTING


def test_a_slot_whose_instance_takes_no_more_sessions_is_neither_handed_over_nor_published(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.RESETTING)
    house.claims.enqueue(queued(), 1)
    house.set_instance("i-00000001", InstanceState.INTERRUPTED)
    with pytest.raises(SlotLost):
        house.claims.hand_over(house.line.head("demo"), slot, assign(house.sessions.get("ses-1"), slot, NOW))
    with pytest.raises(SlotLost):
        house.claims.publish(slot, NOW)
    assert house.sessions.get("ses-1").state is SessionState.QUEUED


def test_a_slot_is_published_once_and_then_can_be_claimed(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.RESETTING)
    house.claims.publish(slot, NOW)
    with pytest.raises(SlotLost):
        house.claims.publish(slot, NOW)
    assert house.slots.get(slot.slot_id).state is SlotState.FREE
    assert house.claims.free_page("demo", shard_of(slot.slot_id), "i-", 8) == [free_entry(slot)]


def test_a_free_slot_is_withdrawn_or_retired_with_its_entry_and_a_held_one_is_not(house: House) -> None:
    first, second, held = (house.add_slot(f"i-0000000{n}", SlotState.FREE) for n in (1, 2, 3))
    house.claims.withdraw(first, NOW, NOW + 60)
    house.claims.retire(second, NOW)
    assert house.slots.get(first.slot_id).state is SlotState.RESETTING
    assert house.slots.get(first.slot_id).deadline_at == NOW + 60
    assert house.slots.get(second.slot_id).state is SlotState.RETIRED
    assert not house.is_free_entry(first)
    assert not house.is_free_entry(second)
    house.claims.claim(free_entry(held), assign(draft(), free_entry(held), NOW), 1)
    for take in (lambda: house.claims.withdraw(held, NOW, NOW), lambda: house.claims.retire(held, NOW)):
        with pytest.raises(SlotLost):
            take()


def test_release_gives_everything_back_once(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    house.claims.claim(free_entry(slot), assign(draft(), free_entry(slot), NOW), 1)
    house.sessions.store_wait("ses-1", Wait("end", "token", "arn"))
    session = ending("ses-1", house)
    over = house.claims.release(session, NOW + 7)
    assert (over.state, over.status_reason) == (SessionState.ENDED, StatusReason.USER_LEFT)
    assert (over.awaits, over.task_token) == (None, None)
    after = house.slots.get(slot.slot_id)
    assert (after.state, after.session_id, after.lease_until) == (SlotState.RESETTING, None, None)
    assert (after.epoch, after.deadline_at) == (1, NOW + 37)
    assert house.claims.release(session, NOW + 8) == over == house.sessions.get("ses-1")
    house.claims.enqueue(queued("ses-2"), 1)  # the viewer is no longer counted, and not less than nothing
    with pytest.raises(ViewerLimitReached):
        house.claims.enqueue(queued("ses-3"), 1)


def test_release_of_a_failure_says_failed(house: House) -> None:
    house.claims.enqueue(queued(), 1)
    sources = frozenset({SessionState.QUEUED})
    move = SessionMove(to=SessionState.ENDING, at=NOW, sources=sources, status_reason=StatusReason.CAPACITY_UNAVAILABLE)
    over = house.claims.release(house.sessions.move("ses-1", move), NOW)
    assert over.state is SessionState.FAILED
    assert house.line.head("demo") is None


def test_release_leaves_a_slot_alone_that_went_to_someone_else_and_keeps_a_retired_one_retired(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    house.claims.claim(free_entry(slot), assign(draft(), free_entry(slot), NOW), 1)
    house.claims.release(ending("ses-1", house), NOW)
    again = house.slots.get(slot.slot_id)
    house.claims.enqueue(queued("ses-2", "bob"), 1)
    house.claims.hand_over(house.line.head("demo"), again, assign(house.sessions.get("ses-2"), again, NOW))
    stale = replace(house.sessions.get("ses-1"), state=SessionState.ENDING)
    house.claims.release(stale, NOW)
    assert house.slots.get(slot.slot_id).session_id == "ses-2"


def test_release_before_the_end_is_decided_is_refused(house: House) -> None:
    house.claims.enqueue(queued(), 1)
    with pytest.raises(IllegalTransition):
        house.claims.release(house.sessions.get("ses-1"), NOW)
