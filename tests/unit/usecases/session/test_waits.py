"""Two writes, the wait and the fact: whichever comes second answers, and none is left waiting."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import NoFreeSlot, SessionAlreadyAdopted
from greenroom.domain.instance.instance import Notice, NoticeKind
from greenroom.domain.session.session import SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.instance.evacuate_instance import evacuate_instance
from greenroom.usecases.session.await_facts import adopt_session, await_end, await_slot
from greenroom.usecases.session.end_session import end_overdue_session, end_session, leave_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.session.release_slot import release_slot
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import add_slot, joined, launch, report, slot_of, stage
from tests.fakes.store import line_of, the_session


def test_a_connection_that_comes_after_its_wait_answers_it() -> None:
    ports = stage(1)
    session = launch(ports).session
    adopt_session(session.session_id, "arn", "token", ports)
    report(ports, session, slot_of(ports, session), SlotEvent.CONNECTED, 0)
    assert ports.tasks.facts("token") == ["connected"]


def test_a_wait_that_comes_after_its_connection_is_answered_at_once() -> None:
    ports = stage(1)
    session = launch(ports).session
    report(ports, session, slot_of(ports, session), SlotEvent.CONNECTED, 0)
    adopt_session(session.session_id, "arn", "token", ports)
    assert ports.tasks.facts("token") == ["connected"]


def test_when_wait_and_fact_both_see_both_the_second_answer_finds_the_task_gone() -> None:
    ports = stage(1)
    session = launch(ports).session
    slot = slot_of(ports, session)
    asked: list[str] = []
    answer_once = ports.tasks.succeed

    def cross(token: str, output: object) -> None:
        asked.append(token)
        if (
            len(asked) == 1
        ):  # the fact is about to answer; the wait's own write comes back at this moment, and sees both
            adopt_session(session.session_id, "arn", "token", ports)
        answer_once(token, output)  # type: ignore[arg-type]

    ports.tasks.succeed = cross  # type: ignore[method-assign, assignment]
    adopt_session(session.session_id, "arn", "token", ports)
    report(ports, session, slot, SlotEvent.CONNECTED, 0)
    assert asked == ["token", "token"]
    assert ports.tasks.facts("token") == ["connected"]


def test_leaving_before_the_machine_began_to_wait_is_not_lost() -> None:
    ports = stage(1)
    session = launch(ports).session
    leave_session(session.session_id, "ada", ports)
    adopt_session(session.session_id, "arn", "first", ports)
    await_end(session.session_id, "second", ports)
    assert (ports.tasks.facts("first"), ports.tasks.facts("second")) == (["ended"], ["ended"])


def test_a_queued_session_is_adopted_and_then_waits_for_its_slot() -> None:
    ports = stage(0)
    session = launch(ports).session
    with pytest.raises(NoFreeSlot):
        adopt_session(session.session_id, "arn", "token", ports)
    await_slot(session.session_id, "slot-token", ports)
    report(ports, None, add_slot(ports, "i-00000001", SlotState.RESETTING), SlotEvent.READY)
    assert ports.tasks.facts("slot-token") == ["assigned"]
    adopt_session(session.session_id, "arn", "again", ports)
    assert slot_of(ports, session=ports.sessions.get(session.session_id)).lease_until == ports.now() + 135


def test_a_slot_handed_over_between_adoption_and_the_wait_for_it_answers_at_once() -> None:
    ports = stage(0)
    session = launch(ports).session
    with pytest.raises(NoFreeSlot):
        adopt_session(session.session_id, "arn", "token", ports)
    report(ports, None, add_slot(ports, "i-00000001", SlotState.RESETTING), SlotEvent.READY)
    assert ports.tasks.facts("token") == []
    await_slot(session.session_id, "slot-token", ports)
    assert ports.tasks.facts("slot-token") == ["assigned"]


def test_beginning_to_wait_for_a_slot_looks_for_one_once_more() -> None:
    ports = stage(0)
    session = launch(ports).session
    add_slot(ports, "i-00000001", SlotState.FREE)
    await_slot(session.session_id, "slot-token", ports)
    assert ports.tasks.facts("slot-token") == ["assigned"]


def test_a_duplicate_event_cannot_adopt_and_the_same_execution_may_repeat_itself() -> None:
    ports = stage(1)
    session = launch(ports).session
    for _ in range(2):
        adopt_session(session.session_id, "arn:1", "token", ports)
    with pytest.raises(SessionAlreadyAdopted):
        adopt_session(session.session_id, "arn:2", "other", ports)
    assert ports.sessions.get(session.session_id).task_token == "token"


def test_adoption_holds_the_slot_until_after_the_connection_deadline_and_wakes_a_sleeping_reaper() -> None:
    ports = stage(1)
    session = launch(ports).session
    adopt_session(session.session_id, "arn", "token", ports)
    assert slot_of(ports, session).lease_until == session.deadline_at + 15
    assert ports.bus.kinds().count("ReaperNeeded") == 1
    ports.reaper.take("reaper", ports.now(), ports.now() + 30)
    adopt_session(session.session_id, "arn", "token", ports)
    assert ports.bus.kinds().count("ReaperNeeded") == 1


@pytest.mark.parametrize("waiting", [True, False])
def test_a_session_ends_in_every_live_state_once_and_for_one_reason(waiting: bool) -> None:
    for reach in (_queued, _assigned, _connected, _disconnected, _migrating):
        ports = reach()
        session_id = the_session(ports).session_id
        if waiting:
            wait = await_slot if reach is _migrating else await_end
            wait(session_id, "token", ports)
        ended = end_session(session_id, StatusReason.OPERATOR_TERMINATED, ports)
        again = end_session(session_id, StatusReason.INTERNAL_ERROR, ports)
        assert (ended.state, again) == (SessionState.ENDING, ended)
        assert ended.status_reason is StatusReason.OPERATOR_TERMINATED
        assert ports.tasks.facts("token") == (["ended"] if waiting else [])
        assert not line_of(ports)
        over = release_slot(session_id, ports)
        assert over.state is SessionState.ENDED
        assert end_session(session_id, StatusReason.INTERNAL_ERROR, ports) == over


@pytest.mark.parametrize(
    ("reach", "reason"),
    [
        ("_queued", StatusReason.CAPACITY_UNAVAILABLE),
        ("_assigned", StatusReason.CONNECTION_TIMEOUT),
        ("_connected", StatusReason.MAX_SESSION_LENGTH),
        ("_disconnected", StatusReason.RECONNECTION_TIMEOUT),
        ("_migrating", StatusReason.SPOT_INTERRUPTED),
    ],
)
def test_what_stays_past_its_deadline_ends_for_the_reason_of_its_state(reach: str, reason: StatusReason) -> None:
    ports: FakePorts = globals()[reach]()
    session = the_session(ports)
    assert end_overdue_session(session, ports).status_reason is reason


def test_a_viewer_who_came_back_is_not_ended_for_the_old_deadline() -> None:
    ports = _disconnected()
    seen = the_session(ports)
    report(ports, seen, slot_of(ports, seen), SlotEvent.CONNECTED, 1)
    assert end_overdue_session(seen, ports).state is SessionState.CONNECTED


def test_a_session_that_loses_its_slot_answers_its_wait_and_waits_for_another_slot() -> None:
    ports = _connected()
    session = the_session(ports)
    await_end(session.session_id, "end", ports)
    _lose(ports)
    assert ports.tasks.facts("end") == ["migrated"]
    with pytest.raises(NoFreeSlot):
        adopt_session(session.session_id, "arn", "connection", ports)
    await_slot(session.session_id, "slot", ports)
    assert (ports.tasks.facts("connection"), ports.tasks.facts("slot")) == ([], [])
    add_slot(ports, "i-00000001", SlotState.FREE)
    await_slot(session.session_id, "slot", ports)
    assert ports.tasks.facts("slot") == ["assigned"]
    adopt_session(session.session_id, "arn", "again", ports)
    after = ports.sessions.get(session.session_id)
    report(ports, after, slot_of(ports, after), SlotEvent.CONNECTED, after.join_number)
    assert ports.tasks.facts("again") == ["connected"]
    assert ports.sessions.get(session.session_id).moving is None


def test_a_session_that_loses_its_slot_before_anyone_connected_answers_that_wait() -> None:
    ports = _assigned()
    session = the_session(ports)
    adopt_session(session.session_id, "arn", "connection", ports)
    _lose(ports)
    await_end(session.session_id, "end", ports)
    assert (ports.tasks.facts("connection"), ports.tasks.facts("end")) == (["migrated"], ["migrated"])


def _lose(ports: FakePorts) -> None:
    session = the_session(ports)
    notice = Notice(NoticeKind.SPOT_INTERRUPTION, ports.now())
    evacuate_instance(slot_of(ports, session).instance_id, notice, ports)


def _queued() -> FakePorts:
    ports = stage(0)
    launch(ports)
    return ports


def _assigned() -> FakePorts:
    ports = stage(1)
    joined(ports, launch(ports).session, "page")
    return ports


def _connected() -> FakePorts:
    ports = _assigned()
    session = the_session(ports)
    report(ports, session, slot_of(ports, session), SlotEvent.CONNECTED, 1)
    return ports


def _disconnected() -> FakePorts:
    ports = _connected()
    session = the_session(ports)
    report(ports, session, slot_of(ports, session), SlotEvent.DISCONNECTED, 1)
    return ports


def _migrating() -> FakePorts:
    ports = _connected()
    _lose(ports)
    return ports
