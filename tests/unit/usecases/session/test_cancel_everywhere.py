"""A viewer may leave in every state, before, while and after its machine waits: nothing stays held or waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from greenroom.domain.errors import NoFreeSlot
from greenroom.domain.instance.instance import Notice, NoticeKind
from greenroom.domain.session.session import SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.instance.evacuate_instance import evacuate_instance
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.reaper.reconcile_sessions import GIVE_BACK_AFTER_S, reconcile_session
from greenroom.usecases.session.await_facts import adopt_session, await_end, await_slot
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.session.release_slot import release_slot
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import add_slot, joined, launch, report, slot_of, stage
from tests.fakes.store import change, counted_for, line_of, slots_of, the_session

S = SessionState
REFUGE = "i-0000000e"


def requested() -> FakePorts:
    ports = queued()
    change(ports, the_session(ports), state=S.REQUESTED)
    return ports


def queued() -> FakePorts:
    ports = stage(0)
    launch(ports)
    return ports


def assigned() -> FakePorts:
    ports = stage(1)
    joined(ports, launch(ports).session, "page")
    return ports


def connected() -> FakePorts:
    ports = assigned()
    report(ports, the_session(ports), slot_of(ports, the_session(ports)), SlotEvent.CONNECTED, 1)
    return ports


def disconnected() -> FakePorts:
    ports = connected()
    report(ports, the_session(ports), slot_of(ports, the_session(ports)), SlotEvent.DISCONNECTED, 1)
    return ports


def migrating() -> FakePorts:
    ports = connected()
    notice = Notice(NoticeKind.SPOT_INTERRUPTION, ports.now())
    evacuate_instance(slot_of(ports, the_session(ports)).instance_id, notice, ports)
    return ports


def handed_over() -> FakePorts:
    ports = migrating()
    add_slot(ports, REFUGE, SlotState.FREE)
    dispatch_line("demo", ports)
    return ports


def ending() -> FakePorts:
    ports = connected()
    leave_session(the_session(ports).session_id, "ada", ports)
    return ports


def ended() -> FakePorts:
    ports = ending()
    release_slot(the_session(ports).session_id, ports)
    return ports


REACHED: Mapping[str, tuple[Callable[[], FakePorts], SessionState, StatusReason]] = {
    "Requested": (requested, S.REQUESTED, StatusReason.CANCELLED),
    "Queued": (queued, S.QUEUED, StatusReason.CANCELLED),
    "Assigned": (assigned, S.ASSIGNED, StatusReason.USER_LEFT),
    "Connected": (connected, S.CONNECTED, StatusReason.USER_LEFT),
    "Disconnected": (disconnected, S.DISCONNECTED, StatusReason.USER_LEFT),
    "Migrating": (migrating, S.MIGRATING, StatusReason.USER_LEFT),
    "Assigned to another instance": (handed_over, S.ASSIGNED, StatusReason.USER_LEFT),
    "Ending": (ending, S.ENDING, StatusReason.USER_LEFT),
    "Ended": (ended, S.ENDED, StatusReason.USER_LEFT),
}


def adopt(session_id: str, token: str, ports: FakePorts) -> None:
    try:
        adopt_session(session_id, "arn", token, ports)
    except NoFreeSlot:
        await_slot(session_id, token, ports)


WAITS: Mapping[str, Callable[[str, str, FakePorts], object]] = {
    "for a slot": await_slot,
    "for a connection": adopt,
    "for the end": await_end,
}


def by_the_state_machine(ports: FakePorts) -> None:
    release_slot(the_session(ports).session_id, ports)


def by_the_reaper(ports: FakePorts) -> None:
    ports.time += GIVE_BACK_AFTER_S + 1
    reconcile_session(the_session(ports).session_id, ports)


def test_every_state_is_tried() -> None:
    reached = {state for _, state, _ in REACHED.values()}
    assert reached == set(SessionState) - {S.FAILED}
    for reach, state, _ in REACHED.values():
        assert the_session(reach()).state is state


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("is_late", [False, True], ids=["it waits", "it comes to wait later"])
@pytest.mark.parametrize("give_back", [by_the_state_machine, by_the_reaper])
@pytest.mark.parametrize("name", REACHED)
def test_whoever_cancels_holds_nothing_and_leaves_no_machine_waiting(
    name: str, give_back: Callable[[FakePorts], None], is_late: bool, wait: str
) -> None:
    reach, _, reason = REACHED[name]
    ports = reach()
    session_id = the_session(ports).session_id
    if not is_late:
        WAITS[wait](session_id, "token", ports)
    for _ in range(2):
        leave_session(session_id, "ada", ports)
    assert not line_of(ports), "the place is free at once"
    if is_late:
        WAITS[wait](session_id, "token", ports)
    assert len(ports.tasks.facts("token")) == 1, "answered, and once"
    give_back(ports)
    session = the_session(ports)
    assert (session.state, session.status_reason) == (S.ENDED, reason)
    assert [slot for slot in slots_of(ports) if slot.session_id is not None] == []
    held = (SlotState.RESERVED, SlotState.STREAMING)
    assert [slot for slot in slots_of(ports) if slot.state in held] == []
    assert counted_for(ports, "ada") == set()
    assert leave_session(session_id, "ada", ports) == session, "and again, when all is over"


@pytest.mark.parametrize("name", ["Queued", "Migrating"])
def test_the_next_in_line_gets_the_slot_and_never_the_one_who_left(name: str) -> None:
    ports = REACHED[name][0]()
    leaver = the_session(ports).session_id
    follower = launch(ports, "bob", "t2").session.session_id
    leave_session(leaver, "ada", ports)
    add_slot(ports, REFUGE, SlotState.FREE)
    dispatch_line("demo", ports)
    given = ports.slots.get(f"{REFUGE}.1")
    assert (given.state, given.session_id) == (SlotState.RESERVED, follower)
