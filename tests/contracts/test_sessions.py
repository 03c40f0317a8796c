"""What every store of sessions, tickets, connections and counters must do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import (
    IllegalTransition,
    NotFound,
    SessionAlreadyAdopted,
    SessionHasEnded,
    StaleEpoch,
    TicketRefused,
)
from greenroom.domain.session.session import SessionMove, SessionState, StatusReason, sources_of
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.slot.slot_move import retire_idle
from greenroom.domain.socket.connection import PeerKind, Ticket
from greenroom.ports.session import PendingWait
from greenroom.usecases.line.dispatch_line import assign
from greenroom_lab.memory.slots import free_entry

from tests.builders import NOW, a_connection
from tests.contracts.houses import House
from tests.contracts.test_claims import draft, ending, queued


@pytest.fixture
def held(house: House) -> str:
    """The slot id of session `ses-1`, Assigned at epoch 1."""
    free = free_entry(house.add_slot("i-00000001", SlotState.FREE))
    house.claims.claim(free, assign(draft(), free, NOW), 1)
    return free.slot_id


def connect(join_number: int = 0, epoch: int = 1) -> SessionMove:
    return SessionMove(
        to=SessionState.CONNECTED,
        at=NOW + 3,
        sources=sources_of(SessionState.CONNECTED),
        deadline_at=NOW + 603,
        ends_by=NOW + 603,
        epoch=epoch,
        join_number=join_number,
    )


def test_a_move_changes_the_state_counts_the_version_and_returns_the_stored_wait(house: House, held: str) -> None:
    house.sessions.store_wait("ses-1", PendingWait("connection", "token", "arn"))
    after = house.sessions.move("ses-1", connect())
    assert (after.state, after.version, after.ends_by) == (SessionState.CONNECTED, 3, NOW + 603)
    assert (after.awaits, after.task_token) == ("connection", "token")
    assert after.transitions[SessionState.CONNECTED] == NOW + 3
    assert house.sessions.get("ses-1") == after


@pytest.mark.parametrize(
    ("desc", "move", "error"),
    [
        ("an older page's fact", connect(join_number=7), IllegalTransition),
        ("an older holder's fact", connect(epoch=0), StaleEpoch),
        (
            "an edge that is not",
            SessionMove(SessionState.ENDED, NOW, frozenset({SessionState.ENDING})),
            IllegalTransition,
        ),
    ],
)
def test_a_late_fact_changes_nothing(house: House, held: str, desc: str, move: SessionMove, error: type) -> None:
    before = house.sessions.get("ses-1")
    with pytest.raises(error):
        house.sessions.move("ses-1", move)
    assert house.sessions.get("ses-1") == before


def test_the_reason_of_an_end_is_never_overwritten(house: House, held: str) -> None:
    ending("ses-1", house)
    anything = frozenset(SessionState)
    again = SessionMove(SessionState.ENDING, NOW, anything, status_reason=StatusReason.INTERNAL_ERROR)
    assert house.sessions.move("ses-1", again).status_reason is StatusReason.USER_LEFT


def test_one_execution_adopts_a_session(house: House, held: str) -> None:
    house.sessions.store_wait("ses-1", PendingWait("connection", "token", "arn:1"))
    after = house.sessions.store_wait("ses-1", PendingWait("end", "token2", "arn:1"))
    assert (after.awaits, after.task_token, after.execution_arn) == ("end", "token2", "arn:1")
    with pytest.raises(SessionAlreadyAdopted):
        house.sessions.store_wait("ses-1", PendingWait("connection", "token3", "arn:2"))
    assert house.sessions.get("ses-1").task_token == "token2"


def test_each_join_gets_the_next_number_and_names_the_page_it_replaces(house: House, held: str) -> None:
    first = house.sessions.join("ses-1", "page1", 1, None)
    second = house.sessions.join("ses-1", "page2", 1, None)
    assert (first.session.join_number, first.superseded_connection_id) == (1, None)
    assert (second.session.join_number, second.superseded_connection_id) == (2, "page1")
    assert house.sessions.get("ses-1").viewer_connection_id == "page2"


def test_a_page_that_resumes_keeps_its_number_unless_another_joined_since(house: House, held: str) -> None:
    house.sessions.join("ses-1", "page1", 1, None)
    resumed = house.sessions.join("ses-1", "page2", 1, 1)
    assert (resumed.session.join_number, resumed.superseded_connection_id) == (1, "page1")
    house.sessions.join("ses-1", "other", 1, None)
    assert house.sessions.join("ses-1", "page3", 1, 1).session.join_number == 3


def test_nobody_joins_a_session_that_ends_or_moved_on(house: House, held: str) -> None:
    with pytest.raises(StaleEpoch):
        house.sessions.join("ses-1", "page", 0, None)
    ending("ses-1", house)
    with pytest.raises(SessionHasEnded):
        house.sessions.join("ses-1", "page", 1, None)
    with pytest.raises(NotFound):
        house.sessions.join("ses-9", "page", 1, None)


def test_a_connection_is_forgotten_only_while_it_is_still_the_sessions(house: House, held: str) -> None:
    house.sessions.join("ses-1", "page1", 1, None)
    house.sessions.join("ses-1", "page2", 1, None)
    assert not house.sessions.forget_connection("ses-1", "page1", NOW + 9)
    assert house.sessions.forget_connection("ses-1", "page2", NOW + 9)
    gone = house.sessions.get("ses-1")
    assert (gone.viewer_connection_id, gone.page_gone_at) == (None, NOW + 9)
    assert house.sessions.join("ses-1", "page3", 1, None).session.page_gone_at is None
    assert house.sessions.get("ses-1").page_gone_at is None
    assert not house.sessions.forget_connection("ses-9", "page2", NOW + 9)


def test_a_session_is_given_up_only_while_its_page_is_gone_since_then(house: House, held: str) -> None:
    house.sessions.join("ses-1", "page1", 1, None)
    house.sessions.forget_connection("ses-1", "page1", NOW + 9.125)
    move = SessionMove(SessionState.ENDING, NOW + 400, sources_of(SessionState.ENDING), page_gone_at=NOW + 9)
    with pytest.raises(IllegalTransition):
        house.sessions.move("ses-1", move)
    house.sessions.join("ses-1", "page2", 1, 1)
    with pytest.raises(IllegalTransition):
        house.sessions.move("ses-1", replace(move, page_gone_at=NOW + 9.125))
    house.sessions.forget_connection("ses-1", "page2", NOW + 50)
    assert house.sessions.move("ses-1", replace(move, page_gone_at=NOW + 50)).state is SessionState.ENDING


@pytest.mark.parametrize("call", ["get", "move", "store_wait"])
def test_a_session_nobody_has_is_not_found(house: House, call: str) -> None:
    arguments = {"get": (), "move": (connect(),), "store_wait": (PendingWait("end", "t", "a"),)}
    with pytest.raises(NotFound):
        getattr(house.sessions, call)("ses-9", *arguments[call])


def test_a_viewer_sees_own_sessions_newest_first(house: House) -> None:
    for number in range(4):
        house.claims.enqueue(queued(f"ses-{number}", at=NOW + number), 9)
    house.claims.enqueue(queued("ses-x", viewer="bob"), 9)
    assert [each.session_id for each in house.sessions.list_of_viewer("ada", 3)] == ["ses-3", "ses-2", "ses-1"]


def test_a_slot_streams_only_for_its_holder(house: House, held: str) -> None:
    house.slots.start_streaming(held, "ses-1", 1, NOW)
    house.slots.start_streaming(held, "ses-1", 1, NOW)
    assert house.slots.get(held).state is SlotState.STREAMING
    for session_id, epoch in (("ses-2", 1), ("ses-1", 0)):
        with pytest.raises(StaleEpoch):
            house.slots.start_streaming(held, session_id, epoch, NOW)


def test_a_lease_is_extended_for_its_holder_and_never_shortened(house: House, held: str) -> None:
    house.slots.extend_lease(held, "ses-1", 1, NOW + 500)
    house.slots.extend_lease(held, "ses-1", 1, NOW + 100)
    assert house.slots.get(held).lease_until == NOW + 500
    with pytest.raises(StaleEpoch):
        house.slots.extend_lease(held, "ses-1", 0, NOW + 900)


def test_slots_of_an_instance_come_by_number_and_unknown_ones_are_not_found(house: House, held: str) -> None:
    assert [each.slot_id for each in house.slots.list_of_instance("i-00000001")] == [held]
    for unknown in ("i-00000009.1", "nonsense", "i-1.x"):
        with pytest.raises(NotFound):
            house.slots.get(unknown)


def test_a_ticket_works_once_and_for_its_time(house: House) -> None:
    ticket = Ticket(PeerKind.PAGE, NOW + 60, session_id="ses-1", epoch=3, resume_join=2, viewer_id="ada")
    house.tickets.store("hash", ticket)
    house.tickets.store("old", ticket)
    assert house.tickets.redeem("hash", NOW + 59) == ticket
    for ticket_hash, at in (("hash", NOW), ("old", NOW + 60), ("unknown", NOW)):
        with pytest.raises(TicketRefused):
            house.tickets.redeem(ticket_hash, at)


def test_an_agent_is_reached_by_its_newest_connection(house: House) -> None:
    for name in ("c1", "c2"):
        house.connections.store(a_connection(name, PeerKind.AGENT, instance_id="i-1", boot_nonce="n"))
    house.connections.drop("c1")
    assert house.connections.of_agent("i-1").connection_id == "c2"
    house.connections.drop("c2")
    house.connections.drop("c2")
    assert house.connections.of_agent("i-1") is None
    with pytest.raises(NotFound):
        house.connections.get("c2")


def test_a_pages_connection_learns_its_new_epoch(house: House) -> None:
    page = a_connection("c1", session_id="ses-1", epoch=0, join_number=1, viewer_id="ada")
    house.connections.store(page)
    house.connections.renew_epoch("c1", 4)
    house.connections.renew_epoch("gone", 4)
    assert house.connections.get("c1").epoch == 4
    with pytest.raises(NotFound):
        house.connections.get("gone")


def test_free_slots_are_counted_with_their_moves_and_a_pass_is_begun_once_a_lease(house: House) -> None:
    assert house.pools.free("demo") is None
    slots = [house.add_slot(f"i-0000000{number}", SlotState.RESETTING) for number in (1, 2, 3)]
    assert [house.claims.publish(each, NOW, lambda: 1) for each in slots] == [False, True, False]
    assert house.pools.free("demo") == 3
    free = free_entry(slots[0])
    assert house.claims.claim(free, assign(draft(), free, NOW), 1).free == 2
    house.slots.move(slots[1], retire_idle(replace(slots[1], state=SlotState.FREE), NOW))
    assert house.pools.free("demo") == 1
    assert house.pools.begin_pass("demo", NOW)
    assert not house.pools.begin_pass("demo", NOW + 119)
    assert house.pools.begin_pass("demo", NOW + 120)
