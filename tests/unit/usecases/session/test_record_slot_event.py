"""What agents report: right, late, doubled, or about something that is not theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import Forbidden, StaleBoot, StaleEpoch, UnknownInstance
from greenroom.domain.instance.instance import InstanceState, Notice, NoticeKind
from greenroom.domain.journal.session import SessionEnded
from greenroom.domain.session.session import SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.socket.connection import PeerKind
from greenroom.usecases.session.await_facts import adopt_session
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.migrate_session import migrate_session
from greenroom.usecases.session.record_slot_event import SlotEvent, SlotFact, record_slot_event
from greenroom.usecases.session.release_slot import release_slot

from tests.builders import NONCE, a_connection
from tests.fakes.stage import add_slot, joined, launch, report, slot_of, stage
from tests.fakes.store import (
    change_application,
    change_instance,
    counted_for,
    free_count,
    free_entries,
    is_free,
    the_slot,
)


def test_the_first_ready_slot_makes_its_instance_ready() -> None:
    ports = stage(0)
    slot = add_slot(ports, "i-00000001", SlotState.RESETTING)
    change_instance(ports, "i-00000001", state=InstanceState.BOOTING)
    for _ in range(2):
        assert report(ports, None, slot, SlotEvent.READY).state is SlotState.FREE
    assert ports.fleet.get("i-00000001").state is InstanceState.READY
    assert free_count(ports) == 1


def test_a_session_connects_drops_and_comes_back_within_the_longest_session() -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot, began = slot_of(ports, session), ports.now()
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    assert slot_of(ports, session).state is SlotState.STREAMING
    ports.time = began + 580
    report(ports, session, slot, SlotEvent.DISCONNECTED, 1)
    dropped = ports.sessions.get(session.session_id)
    assert (dropped.state, dropped.deadline_at) == (SessionState.DISCONNECTED, began + 600)  # not 580 + 60
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    back = ports.sessions.get(session.session_id)
    assert (back.state, back.deadline_at) == (SessionState.CONNECTED, began + 600)


@pytest.mark.parametrize("event", [SlotEvent.CONNECTED, SlotEvent.DISCONNECTED])
def test_facts_of_an_older_page_are_ignored(event: SlotEvent) -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page1")
    slot = slot_of(ports, session)
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    joined(ports, session, "page2")
    before = ports.sessions.get(session.session_id)
    report(ports, session, slot, event, 1)
    assert ports.sessions.get(session.session_id) == before


def test_a_report_that_died_after_its_first_write_is_finished_by_its_double() -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)

    def die(step: str) -> None:
        if step == "slots.start_streaming":
            raise TimeoutError

    ports.memory.between = die
    with pytest.raises(TimeoutError):
        report(ports, session, slot, SlotEvent.CONNECTED, 1)
    assert slot_of(ports, session).state is SlotState.RESERVED
    ports.memory.between = lambda step: None
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    assert slot_of(ports, session).state is SlotState.STREAMING


def test_a_fact_after_the_end_was_decided_changes_nothing() -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)
    leave_session(session.session_id, "ada", ports)
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    ended = ports.sessions.get(session.session_id)
    assert (ended.state, ended.status_reason) == (SessionState.ENDING, StatusReason.USER_LEFT)
    assert slot_of(ports, session).state is SlotState.RESERVED


def test_an_idle_viewer_ends_the_session_however_often_it_is_told() -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    adopt_session(session.session_id, "arn", "token", ports)
    for _ in range(2):
        report(ports, session, slot, SlotEvent.IDLE, 1)
    ended = ports.sessions.get(session.session_id)
    assert (ended.state, ended.status_reason) == (SessionState.ENDING, StatusReason.IDLE_TIMEOUT)
    assert ports.socket.to("page", "sessionUpdate")[-1]["session"]["statusReason"] == "idleTimeout"
    assert release_slot(session.session_id, ports).state is SessionState.ENDED
    assert slot_of(ports, session).state is SlotState.RESETTING


@pytest.mark.parametrize(("event", "join_number"), [(SlotEvent.DISCONNECTED, 1), (None, 0)])
def test_a_viewer_who_dropped_or_reloaded_since_is_not_idle(event: SlotEvent | None, join_number: int) -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    if event is not None:
        report(ports, session, slot, event, 1)
    before = ports.sessions.get(session.session_id)
    report(ports, session, slot, SlotEvent.IDLE, join_number)
    assert ports.sessions.get(session.session_id) == before


def test_a_viewer_may_idle_at_a_picture_that_is_about_to_move_and_gives_up_the_place_in_line() -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    migrate_session(ports.sessions.get(session.session_id), StatusReason.SPOT_INTERRUPTED, None, ports)
    assert ports.sessions.get(session.session_id).state is SessionState.MIGRATING
    for _ in range(2):
        report(ports, session, slot_of(ports, session), SlotEvent.IDLE, 1)
    assert ports.sessions.get(session.session_id).status_reason is StatusReason.IDLE_TIMEOUT
    assert ports.line.head("demo") is None


def test_word_of_a_session_that_left_the_slot_changes_nothing() -> None:
    ports = stage(2)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)
    report(ports, replace(session, session_id="ses-other"), slot, SlotEvent.IDLE, 1)
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED


def test_a_process_that_exits_ends_its_session_and_a_free_slot_is_withdrawn() -> None:
    ports = stage(1)
    session = launch(ports).session
    report(ports, session, slot_of(ports, session), SlotEvent.EXITED)
    assert ports.sessions.get(session.session_id).status_reason is StatusReason.APPLICATION_EXIT
    free = add_slot(ports, "i-00000009", SlotState.FREE)
    assert report(ports, None, free, SlotEvent.EXITED).state is SlotState.RESETTING
    assert not is_free(ports, free)
    assert free_count(ports) == 0


def test_a_free_slot_whose_streamer_is_gone_cannot_be_claimed_until_it_is_back() -> None:
    ports = stage(0)
    free = add_slot(ports, "i-00000009", SlotState.FREE)
    for _ in range(2):
        assert report(ports, None, free, SlotEvent.NOT_READY).state is SlotState.RESETTING
    assert not is_free(ports, free)
    assert free_count(ports) == 0
    assert report(ports, None, free, SlotEvent.READY).state is SlotState.FREE
    assert free_count(ports) == 1
    assert is_free(ports, free)


def test_a_session_outlives_the_signalling_of_its_streamer() -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)
    report(ports, session, slot, SlotEvent.CONNECTED, 1)
    before = ports.sessions.get(session.session_id)
    report(ports, session, slot, SlotEvent.NOT_READY)
    assert ports.sessions.get(session.session_id) == before
    assert slot_of(ports, session).state is SlotState.STREAMING


@pytest.mark.parametrize("event", [SlotEvent.NOT_READY, SlotEvent.EXITED])
def test_a_slot_that_is_claimed_in_the_moment_its_streamer_goes_stays_with_its_session(event: SlotEvent) -> None:
    """The claim has won: the agent hears 409, and serves the join when the streamer is back."""
    ports = stage(1)
    free = the_slot(ports)
    claimed = []

    def claim(step: str) -> None:
        if step == "slots.move" and not claimed:
            claimed.append(launch(ports).session)

    ports.memory.between = claim
    with pytest.raises(StaleEpoch):
        report(ports, None, free, event)
    assert ports.sessions.get(claimed[0].session_id).state is SessionState.ASSIGNED
    assert slot_of(ports, claimed[0]).state is SlotState.RESERVED
    assert free_count(ports) == 0


@pytest.mark.parametrize("event", [SlotEvent.NOT_READY, SlotEvent.EXITED])
def test_a_slot_that_was_taken_back_has_the_time_that_its_application_needs_to_start(event: SlotEvent) -> None:
    ports = stage(0)
    change_application(ports, start_timeout_s=900)
    free = add_slot(ports, "i-00000009", SlotState.FREE)
    back = report(ports, None, free, event)
    assert back.deadline_at is not None
    assert back.deadline_at >= ports.now() + 900


def test_a_report_of_an_older_holder_is_refused() -> None:
    ports = stage(1)
    session = launch(ports).session
    with pytest.raises(StaleEpoch):
        report(ports, session, replace(slot_of(ports, session), epoch=0), SlotEvent.EXITED)
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED


@pytest.mark.parametrize(
    ("instance_id", "nonce", "error"),
    [("i-0badbad0", NONCE, UnknownInstance), ("i-00000001", "f" * 32, StaleBoot), ("i-00000002", NONCE, Forbidden)],
)
def test_only_this_boot_of_the_slots_own_instance_may_report(instance_id: str, nonce: str, error: type) -> None:
    ports = stage(0)
    slot = add_slot(ports, "i-00000001", SlotState.RESETTING)
    add_slot(ports, "i-00000002", SlotState.RESETTING)
    with pytest.raises(error):
        record_slot_event(SlotFact(instance_id, nonce, slot.slot_id, 0, SlotEvent.READY), ports)
    assert ports.slots.get(slot.slot_id) == slot


def test_release_resets_the_slot_tells_everyone_and_can_be_repeated() -> None:
    ports = stage(1)
    session = joined(ports, launch(ports).session, "page")
    slot = slot_of(ports, session)
    ports.connections.store(a_connection("agent", PeerKind.AGENT, instance_id=slot.instance_id))
    leave_session(session.session_id, "ada", ports)
    ports.time += 2
    for _ in range(2):
        over = release_slot(session.session_id, ports)
        assert (over.state, over.status_reason) == (SessionState.ENDED, StatusReason.USER_LEFT)
    assert counted_for(ports, "ada") == set()
    assert slot_of(ports, session).deadline_at == ports.now() + 30
    told = ports.socket.to("agent", "slot")[0]
    assert told == {"kind": "slot", "slotId": slot.slot_id, "state": "Resetting", "epoch": 1, "sessionId": None}
    assert ports.socket.to("page", "sessionUpdate")[-1]["session"]["state"] == "Ended"
    assert "SessionEnded" in ports.bus.kinds()
    assert ports.memory.journal[0].entity == f"SESSION#{session.session_id}"
    assert isinstance(ports.memory.journal[0].entry, SessionEnded)


def test_a_session_that_left_the_line_was_cancelled() -> None:
    ports = stage(0)
    session = launch(ports).session
    assert leave_session(session.session_id, "ada", ports).status_reason is StatusReason.CANCELLED
    assert release_slot(session.session_id, ports).state is SessionState.ENDED


LOST = [
    (InstanceState.INTERRUPTED, None),
    (InstanceState.QUARANTINED, None),
    (InstanceState.READY, NoticeKind.SPOT_INTERRUPTION),
    (InstanceState.READY, NoticeKind.INSTANCE_GONE),
]


@pytest.mark.parametrize(("state", "kind"), LOST)
def test_an_application_that_goes_down_with_its_machine_ends_no_session(
    state: InstanceState, kind: NoticeKind | None
) -> None:
    ports = stage(1)
    session = launch(ports).session
    slot = slot_of(ports, session)
    change_instance(ports, slot.instance_id, state=state, notice=Notice(kind, ports.now()) if kind else None)
    report(ports, session, slot, SlotEvent.EXITED)
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED


def test_an_application_that_ends_on_a_machine_that_is_only_advised_to_be_left_ends_its_session() -> None:
    ports = stage(1)
    session = launch(ports).session
    slot = slot_of(ports, session)
    advised = Notice(NoticeKind.REBALANCE, ports.now())
    change_instance(ports, slot.instance_id, state=InstanceState.DRAINING, notice=advised)
    report(ports, session, slot, SlotEvent.EXITED)
    assert ports.sessions.get(session.session_id).status_reason is StatusReason.APPLICATION_EXIT


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (InstanceState.DRAINING, SlotState.RESETTING),
        (InstanceState.STOPPED, SlotState.RESETTING),
        (InstanceState.INTERRUPTED, SlotState.RETIRED),
        (InstanceState.TERMINATING, SlotState.RETIRED),
    ],
)
def test_a_slot_that_gets_ready_where_nobody_may_come_waits_or_is_retired(
    state: InstanceState, after: SlotState
) -> None:
    ports = stage(0)
    slot = add_slot(ports, "i-00000001", SlotState.RESETTING)
    change_instance(ports, "i-00000001", state=state)
    assert report(ports, None, slot, SlotEvent.READY).state is after
    assert not free_entries(ports)
