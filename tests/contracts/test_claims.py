"""What every store of sessions and slots must do when slots change hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from greenroom.domain.errors import (
    DuplicateLaunch,
    IllegalTransition,
    NotFound,
    SessionHasEnded,
    SlotLost,
    StaleEpoch,
    ViewerLimitReached,
)
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.session.session import (
    LeftSlot,
    Moving,
    Session,
    SessionMove,
    SessionState,
    StatusReason,
    migrating,
    sources_of,
)
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.slot.slot_move import retire_idle, withdraw
from greenroom.ports.line import LineTicket
from greenroom.ports.session import PendingWait
from greenroom.usecases.line.dispatch_line import assign
from greenroom_lab.memory.slots import free_entry

from tests.builders import NOW, a_session
from tests.contracts.houses import House


def draft(name: str = "ses-1", viewer: str = "ada", token: str = "t1") -> Session:
    due = {"deadline_at": NOW, "adopt_by": NOW + 20}
    return a_session(name, SessionState.REQUESTED, viewer_id=viewer, client_token=token, **due)


def queued(name: str = "ses-1", viewer: str = "ada", at: float = NOW) -> Session:
    return a_session(name, viewer_id=viewer, client_token=name, requested_at=at, adopt_by=NOW + 20)


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
    assert house.claims.claim(free_entry(slot), wanted, 1).session == wanted
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
    house.slots.move(slot, retire_idle(slot, NOW))  # the epoch stays: only the state tells
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
    assert house.claims.claim(free, wanted, 1).session == wanted


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
    shard = slots[0].shard
    own = sorted(slot.slot_id for slot in slots if slot.shard == shard)
    assert [each.slot_id for each in house.claims.free_page("demo", "demo", shard, "i-", 8)] == own[:8]
    assert [each.slot_id for each in house.claims.free_page("demo", "demo", shard, own[1], 1)] == [own[1]]
    assert [each.slot_id for each in house.claims.free_page("demo", "demo", shard, "i-ffffffff", 8)] == own[:8]
    assert house.claims.free_page("demo", "demo", shard, "i-", 1)[0] == free_entry(
        next(s for s in slots if s.slot_id == own[0])
    )


def test_nobody_claims_a_slot_that_runs_another_application(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    other = replace(draft("ses-1"), application_id="other")
    with pytest.raises(SlotLost):
        house.claims.claim(free_entry(slot), assign(other, slot, NOW), 1)
    assert house.claims.free_page("demo", "other", slot.shard, "i-", 8) == []
    assert house.slots.get(slot.slot_id).state is SlotState.FREE
    assert house.is_free_entry(slot)
    house.claims.check_viewer(other, 1)  # nothing of the launch was written
    assert (
        house.claims.claim(free_entry(slot), assign(draft("ses-2"), slot, NOW), 1).session.state
        is SessionState.ASSIGNED
    )


def test_nobody_is_handed_a_slot_that_runs_another_application(house: House) -> None:
    for name, application_id in (("ses-1", "other"), ("ses-2", "demo")):
        house.claims.enqueue(replace(queued(name, viewer=name), application_id=application_id), 1)
    slot = house.add_slot("i-00000001", SlotState.FREE)
    first = house.line.head("demo", NOW)
    with pytest.raises(SlotLost):
        house.claims.hand_over(first, slot, assign(house.sessions.get("ses-1"), slot, NOW))
    assert (first.session_id, first.application_id) == ("ses-1", "other")
    own = house.line.head("demo", NOW, "demo")
    assert (own.session_id, own.application_id) == ("ses-2", "demo")
    assert house.line.head("demo", NOW, "third") is None
    house.claims.hand_over(own, slot, assign(house.sessions.get("ses-2"), slot, NOW))
    assert [each.application_id for each in house.line.nearest("demo", 9)] == ["other"]


def test_who_moves_keeps_its_application_in_line(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    session = house.claims.claim(free_entry(slot), assign(draft(), slot, NOW), 1).session
    house.claims.migrate(session, MOVING, NOW + 500)
    assert house.line.head("demo", NOW, "demo").session_id == session.session_id


def test_the_line_is_served_by_time_then_by_id(house: House) -> None:
    for name, at in (("ses-b", NOW), ("ses-c", NOW - 1), ("ses-a", NOW)):
        house.claims.enqueue(queued(name, viewer=name, at=at), 1)
    assert house.line.head("demo") == LineTicket("demo", "ses-c", NOW - 1)
    assert [house.line.place_of(house.sessions.get(name)) for name in ("ses-c", "ses-a", "ses-b")] == [1, 2, 3]
    house.line.remove(LineTicket("demo", "ses-c", NOW - 1))
    assert house.line.length("demo") == 3  # it waits: nobody takes its place away
    ending("ses-c", house)
    house.line.remove(LineTicket("demo", "ses-c", NOW - 1))
    house.line.remove(LineTicket("demo", "ses-c", NOW - 1))
    assert house.line.head("demo") == LineTicket("demo", "ses-a", NOW)
    assert house.line.head("elsewhere") is None


def test_a_head_start_changes_the_order_and_every_way_out_of_the_line_finds_the_place(house: House) -> None:
    vip = replace(queued("ses-v", viewer="vip", at=NOW + 5), tier="vip", order_at=NOW - 55.123)
    for each in (queued("ses-1"), vip, queued("ses-2", viewer="bob", at=NOW + 1)):
        house.claims.enqueue(each, 1)
    assert house.sessions.get("ses-v") == vip
    assert house.line.head("demo") == LineTicket("demo", "ses-v", NOW - 55.123)
    assert [house.line.place_of(house.sessions.get(name)) for name in ("ses-v", "ses-1", "ses-2")] == [1, 2, 3]
    slot = house.add_slot("i-00000001", SlotState.FREE)
    wanted = assign(house.sessions.get("ses-v"), slot, NOW + 6)
    assigned = house.claims.hand_over(house.line.head("demo"), slot, wanted).session
    assert house.line.head("demo") == LineTicket("demo", "ses-1", NOW)
    house.claims.migrate(assigned, MOVING, NOW + 500)
    assert house.line.head("demo") == LineTicket("demo", "ses-v", NOW - 55.123)  # its order, kept
    over = SessionMove(SessionState.ENDING, NOW + 40, sources_of(SessionState.ENDING))
    house.claims.release(house.sessions.move("ses-v", over), NOW + 41)
    assert house.line.length("demo") == 2


def test_a_viewer_is_checked_as_a_launch_would_and_nothing_is_written(house: House) -> None:
    house.claims.check_viewer(draft(), 1)
    with pytest.raises(NotFound):
        house.sessions.get("ses-1")
    house.claims.enqueue(queued("ses-1"), 1)
    with pytest.raises(DuplicateLaunch) as duplicate:
        house.claims.check_viewer(draft("ses-2", token="ses-1"), 5)
    assert duplicate.value.session_id == "ses-1"
    with pytest.raises(ViewerLimitReached) as limit:
        house.claims.check_viewer(draft("ses-2", token="other"), 1)
    assert limit.value.session_id == "ses-1"
    house.claims.check_viewer(draft("ses-2", token="other"), 2)


def test_who_waits_for_an_event_is_passed_over_until_it_begins(house: House) -> None:
    held = replace(queued("ses-e", viewer="eve"), order_at=NOW - 100, not_before=NOW + 60)
    for each in (held, queued("ses-1"), replace(queued("ses-b", viewer="bob"), not_before=NOW + 90)):
        house.claims.enqueue(each, 1)
    assert house.sessions.get("ses-e") == held
    first = LineTicket("demo", "ses-e", NOW - 100, NOW + 60)
    assert house.line.head("demo") == first == house.line.head("demo", NOW + 60)
    assert house.line.head("demo", NOW + 59) == LineTicket("demo", "ses-1", NOW)
    assert [names(house.line.held_back("demo", NOW + at)) for at in (0, 60, 90)] == [["ses-e", "ses-b"], ["ses-b"], []]
    assert house.line.length("demo") == 3
    ending("ses-1", house)
    house.line.remove(LineTicket("demo", "ses-1", NOW))
    assert house.line.head("demo", NOW + 59) is None


def names(tickets: Sequence[LineTicket]) -> list[str]:
    return [each.session_id for each in tickets]


@pytest.mark.parametrize("until", [NOW + 900, None])
def test_who_waits_for_an_event_is_held_otherwise_while_it_waits(house: House, until: float | None) -> None:
    held = replace(queued("ses-1"), not_before=NOW + 60)
    house.claims.enqueue(held, 1)
    assert house.line.postpone(held, until, NOW + 1000)
    after = house.sessions.get("ses-1")
    assert after == replace(held, not_before=until, deadline_at=NOW + 1000, version=held.version + 1)
    assert house.line.head("demo", until or NOW) == LineTicket("demo", "ses-1", NOW, until)
    assert not house.line.postpone(held, NOW + 5, NOW + 5), "it is held otherwise since it was read"
    assert house.sessions.get("ses-1") == after
    ending("ses-1", house)
    assert not house.line.postpone(after, NOW + 5, NOW + 5)


@pytest.mark.parametrize("state", [SlotState.FREE, SlotState.RESETTING])
def test_a_slot_is_handed_over_with_its_session_and_the_stored_wait_is_answered(house: House, state: SlotState) -> None:
    slot = house.add_slot("i-00000001", state)
    house.claims.enqueue(queued(), 1)
    house.sessions.store_wait("ses-1", PendingWait("slot", "token", "arn"))
    ticket = house.line.head("demo")
    after = house.claims.hand_over(ticket, slot, assign(house.sessions.get("ses-1"), slot, NOW + 9)).session
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
    assert house.claims.free_page("demo", "demo", slot.shard, "i-", 8) == [free_entry(slot)]


def test_a_free_slot_is_withdrawn_or_retired_with_its_entry_and_a_held_one_is_not(house: House) -> None:
    first, second, held = (house.add_slot(f"i-0000000{n}", SlotState.FREE) for n in (1, 2, 3))
    house.slots.move(first, withdraw(first, NOW, NOW + 60))
    house.slots.move(second, retire_idle(second, NOW))
    assert house.slots.get(first.slot_id).state is SlotState.RESETTING
    assert house.slots.get(first.slot_id).deadline_at == NOW + 60
    assert house.slots.get(second.slot_id).state is SlotState.RETIRED
    assert not house.is_free_entry(first)
    assert not house.is_free_entry(second)
    house.claims.claim(free_entry(held), assign(draft(), free_entry(held), NOW), 1)
    for take in (withdraw(held, NOW, NOW), retire_idle(held, NOW)):
        with pytest.raises(SlotLost):
            house.slots.move(held, take)


def test_release_gives_everything_back_once(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    house.claims.claim(free_entry(slot), assign(draft(), free_entry(slot), NOW), 1)
    house.sessions.store_wait("ses-1", PendingWait("end", "token", "arn"))
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


# -- moving


MOVING = Moving(since=NOW + 20, picture_until=NOW + 140, reason=StatusReason.SPOT_INTERRUPTED)


def playing(house: House, instance_id: str = "i-00000001", name: str = "ses-1", viewer: str = "ada") -> Session:
    """Connected on a slot of its own."""
    free = free_entry(house.add_slot(instance_id, SlotState.FREE))
    house.claims.claim(free, assign(draft(name, viewer, token=name), free, NOW), 1)
    house.slots.start_streaming(free.slot_id, name, 1, NOW)
    move = SessionMove(
        SessionState.CONNECTED,
        NOW + 3,
        sources_of(SessionState.CONNECTED),
        deadline_at=NOW + 3603,
        ends_by=NOW + 3603,
    )
    session: Session = house.sessions.move(name, move)
    return session


def test_a_session_that_loses_its_slot_keeps_it_and_stands_in_line_by_its_first_request(house: House) -> None:
    house.claims.enqueue(queued("ses-2", viewer="bob", at=NOW + 1), 1)
    playing(house)
    house.sessions.store_wait("ses-1", PendingWait("end", "token", "arn"))
    before = house.sessions.get("ses-1")
    after = house.claims.migrate(before, MOVING, NOW + 500)
    assert after == migrating(before, MOVING, NOW + 500) == house.sessions.get("ses-1")
    assert (after.state, after.migrations, after.task_token) == (SessionState.MIGRATING, 1, "token")
    assert after.assignment == before.assignment
    assert house.slots.get("i-00000001.1").session_id == "ses-1"
    assert house.line.head("demo") == LineTicket("demo", "ses-1", NOW)


def test_a_session_is_moved_once_and_only_from_the_slot_it_was_seen_on(house: House) -> None:
    session = playing(house)
    assert session.assignment is not None
    elsewhere = replace(session, assignment=replace(session.assignment, epoch=7))
    with pytest.raises(StaleEpoch):
        house.claims.migrate(elsewhere, MOVING, NOW + 500)
    house.claims.migrate(session, MOVING, NOW + 500)
    with pytest.raises(IllegalTransition):
        house.claims.migrate(session, MOVING, NOW + 500)
    with pytest.raises(NotFound):
        house.claims.migrate(replace(session, session_id="ses-9"), MOVING, NOW + 500)
    assert house.sessions.get("ses-1").migrations == 1


def moved_on(house: House, state: InstanceState = InstanceState.INTERRUPTED) -> Session:
    """ses-1 handed over from i-00000001, whose instance stands in `state`, to i-00000002."""
    before = house.claims.migrate(playing(house), MOVING, NOW + 500)
    house.set_instance("i-00000001", state)
    slot = house.add_slot("i-00000002", SlotState.FREE)
    left = LeftSlot(before.assignment, NOW + 45)
    wanted = assign(before, slot, NOW + 30)
    after: Session = house.claims.hand_over(house.line.head("demo"), slot, wanted, left).session
    return after


def test_a_moving_session_gets_another_slot_and_gives_up_the_old_one_in_the_same_step(house: House) -> None:
    after = moved_on(house)
    assert (after.state, after.moving, after.migrations) == (SessionState.ASSIGNED, MOVING, 1)
    assert after.assignment is not None
    assert (after.assignment.slot_id, after.assignment.epoch) == ("i-00000002.1", 2)  # newer than the old slot's
    assert (after.deadline_at, house.sessions.get("ses-1")) == (NOW + 150, after)
    old, new = house.slots.get("i-00000001.1"), house.slots.get("i-00000002.1")
    assert (old.state, old.session_id, old.epoch, old.deadline_at) == (SlotState.RETIRED, None, 1, NOW + 45)
    assert (new.state, new.session_id, new.epoch) == (SlotState.RESERVED, "ses-1", 2)
    assert house.line.head("demo") is None
    assert not house.is_free_entry(new)


def test_the_old_slot_is_used_again_when_its_instance_serves_on(house: House) -> None:
    moved_on(house, InstanceState.READY)
    old = house.slots.get("i-00000001.1")
    assert (old.state, old.session_id, old.deadline_at) == (SlotState.RESETTING, None, NOW + 75)


def test_a_moving_session_that_got_its_slot_already_gets_no_second_one(house: House) -> None:
    before = house.claims.migrate(playing(house), MOVING, NOW + 500)
    ticket, left = house.line.head("demo"), LeftSlot(before.assignment, NOW + 45)
    first, second = (house.add_slot(f"i-0000000{n}", SlotState.FREE) for n in (2, 3))
    house.claims.hand_over(ticket, first, assign(before, first, NOW + 30), left)
    with pytest.raises(SessionHasEnded):
        house.claims.hand_over(ticket, second, assign(before, second, NOW + 30), left)
    house.claims.migrate(house.sessions.get("ses-1"), MOVING, NOW + 500)
    with pytest.raises(SessionHasEnded):  # it waits again, but as another slot's holder
        house.claims.hand_over(ticket, second, assign(before, second, NOW + 30), left)
    house.line.remove(ticket)  # what a slow dispatch does then
    assert house.line.head("demo") == ticket
    assert house.slots.get(second.slot_id).state is SlotState.FREE


def test_a_moving_session_that_ends_gives_back_its_slot_and_its_place(house: House) -> None:
    house.claims.migrate(playing(house), MOVING, NOW + 500)
    move = SessionMove(
        SessionState.ENDING, NOW + 40, sources_of(SessionState.ENDING), status_reason=StatusReason.USER_LEFT
    )
    over = house.claims.release(house.sessions.move("ses-1", move), NOW + 41)
    assert over.state is SessionState.ENDED
    assert house.line.head("demo") is None
    assert house.slots.get("i-00000001.1").session_id is None


def test_a_session_that_arrived_is_no_longer_moving(house: House) -> None:
    moved_on(house)
    move = SessionMove(SessionState.CONNECTED, NOW + 33, sources_of(SessionState.CONNECTED), epoch=2)
    assert house.sessions.move("ses-1", move).moving is None
    assert house.sessions.get("ses-1").moving is None
