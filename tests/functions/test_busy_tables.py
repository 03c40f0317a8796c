"""A table that is busy at any write of any call: the caller is told to ask again, and the second call does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from greenroom.domain.errors import NoFreeSlot, StoreBusy
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SlotState
from greenroom_lab.memory.conflicts import WRITES, conflicts
from greenroom_lab.memory.ports import FakePorts
from greenroom_lab.memory.slots import COUNT

from tests.builders import NONCE
from tests.fakes.stage import add_slot, launch, slot_of, stage
from tests.fakes.store import counted_for, free_count, free_entries, line_of, slots_of, the_session
from tests.functions.invocations import (
    LAUNCH,
    LEAVE,
    SETTINGS,
    SLOT_EVENT,
    TICKET,
    agent_event,
    body_of,
    handle_of,
    socket_event,
    viewer_event,
)

INSTANCE = "i-00000001"
PLAY = {"applicationId": "demo", "clientToken": "t1"}
Call = Callable[[FakePorts], Any]


def at_every_write(build: Callable[[], FakePorts], call: Call, busy: Callable[[Any], None]) -> list[FakePorts]:
    """The worlds after `call` met a busy table at its first write, its second ..., and was then made again."""
    worlds: list[FakePorts] = []
    while True:
        ports = build()
        with conflicts(ports, every=len(worlds) + 1) as met:
            try:
                answer = call(ports)
            except StoreBusy as error:
                answer = error
        if not met:
            assert worlds, "nothing was written at all"
            return worlds
        busy(answer)
        call(ports)
        worlds.append(ports)


def is_told_to_ask_again(answer: Mapping[str, Any]) -> None:
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "1")
    problem = body_of(answer)
    assert (problem["type"], problem["retryAfter_s"]) == ("https://greenroom.dev/problems/busy", 1)
    plain = "What was done is kept. Repeat the same request and it does the rest."
    assert problem["detail"] == plain, "nothing of ports, tables and calls"


def is_named(error: Any) -> None:
    assert isinstance(error, StoreBusy)


def play(ports: FakePorts) -> Any:
    return handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports)


def test_a_launch_loses_nothing_wherever_a_table_is_busy() -> None:
    for ports in at_every_write(lambda: stage(2), play, is_told_to_ask_again):
        session = the_session(ports)
        assert session.state is SessionState.ASSIGNED
        assert slot_of(ports, session).session_id == session.session_id
        assert len(free_entries(ports)) == 1
        assert counted_for(ports, "ada") == {session.session_id}
        assert "SessionRequested" in ports.bus.kinds()
        assert body_of(play(ports))["ticket"]


def test_a_launch_into_the_line_loses_nothing() -> None:
    for ports in at_every_write(lambda: stage(0), play, is_told_to_ask_again):
        session = the_session(ports)
        assert session.state is SessionState.QUEUED
        assert len(line_of(ports)) == 1
        assert {"SessionRequested", "PoolChanged"} <= set(ports.bus.kinds())


def playing() -> FakePorts:
    ports = stage(1)
    launch(ports)
    return ports


def leave(ports: FakePorts) -> Any:
    event = viewer_event(LEAVE, None, sessionId=the_session(ports).session_id)
    return handle_of("leave_session")(event, ports)


def test_leaving_is_decided_once() -> None:
    for ports in at_every_write(playing, leave, is_told_to_ask_again):
        assert the_session(ports).state is SessionState.ENDING


def a_ticket(ports: FakePorts) -> Any:
    event = viewer_event(TICKET, {}, sessionId=the_session(ports).session_id)
    return handle_of("issue_ticket")(event, ports)


def test_a_ticket_is_got_at_the_second_time() -> None:
    for ports in at_every_write(playing, a_ticket, is_told_to_ask_again):
        assert a_ticket(ports)["statusCode"] == 201


def resetting() -> FakePorts:
    ports = stage(0)
    add_slot(ports, INSTANCE, SlotState.RESETTING)
    return ports


def with_somebody_in_line() -> FakePorts:
    ports = resetting()
    launch(ports)
    return ports


def ready(ports: FakePorts) -> Any:
    body = {"bootNonce": NONCE, "slotId": f"{INSTANCE}.1", "epoch": 0, "event": "ready", "sessionId": None}
    return handle_of("record_slot_event")(agent_event(SLOT_EVENT, body, INSTANCE), ports, SETTINGS)


def ready_again(ports: FakePorts) -> Any:
    """Once the slot was given away, the report is of an older holder: that is an answer, too."""
    return ready(ports)


def test_a_ready_slot_is_published_or_handed_to_the_line() -> None:
    for ports in at_every_write(resetting, ready, is_told_to_ask_again):
        assert [each.slot_id for each in free_entries(ports)] == [f"{INSTANCE}.1"]
    for ports in at_every_write(with_somebody_in_line, ready_again, is_told_to_ask_again):
        assert the_session(ports).state is SessionState.ASSIGNED
        assert not free_entries(ports)


def page_comes(ports: FakePorts) -> Any:
    """With a ticket of its own each time, as a page that was refused asks for one."""
    ticket = body_of(a_ticket(ports))["ticket"]
    event = {"queryStringParameters": {"ticket": ticket}, "methodArn": "arn:method"}
    context = handle_of("authorize_connection")(event, ports)["context"]
    with conflicts(ports, every=1) as met:
        answer = handle_of("record_connection")(socket_event("page", event_type="CONNECT", **context), ports)
    assert met
    return answer


def test_a_page_is_refused_its_socket_for_the_moment() -> None:
    assert page_comes(playing())["statusCode"] == 503


# -- the tasks of session_lifecycle: the function fails by a name that the machine's Retry has


def step(function: str, **more: str) -> Call:
    def call(ports: FakePorts) -> None:
        event = {"sessionId": the_session(ports).session_id, "taskToken": "token", "executionArn": "arn", "error": "x"}
        event |= more
        with suppress(NoFreeSlot):
            handle_of(function)(event, ports)

    return call


def in_line() -> FakePorts:
    ports = stage(0)
    launch(ports)
    return ports


def ending() -> FakePorts:
    ports = playing()
    leave(ports)
    return ports


@pytest.mark.parametrize(
    ("build", "function", "more", "state"),
    [
        (playing, "adopt_session", {}, SessionState.ASSIGNED),
        (in_line, "adopt_session", {}, SessionState.QUEUED),
        (in_line, "await_session", {"awaits": "slot"}, SessionState.QUEUED),
        (playing, "await_session", {"awaits": "end"}, SessionState.ASSIGNED),
        (ending, "release_slot", {}, SessionState.ENDED),
        (playing, "end_session", {}, SessionState.ENDING),
    ],
)
def test_a_step_of_the_session_is_made_whole_by_its_retry(
    build: Callable[[], FakePorts], function: str, more: dict[str, str], state: SessionState
) -> None:
    for ports in at_every_write(build, step(function, **more), is_named):
        assert the_session(ports).state is state
        if function == "release_slot":
            assert not counted_for(ports, "ada")
            assert [slot.state for slot in slots_of(ports)] == [SlotState.RESETTING]


def test_the_fakes_refuse_what_the_adapters_write_and_nothing_that_they_only_read() -> None:
    assert {"claim", "hand_over", "release"} <= WRITES["claims"]
    assert "free_page" not in WRITES["claims"]
    assert "get" not in WRITES["sessions"]
    ports = playing()
    with conflicts(ports, every=1) as met:
        ports.sessions.get(the_session(ports).session_id)
        with pytest.raises(StoreBusy):
            ports.pools.begin_pass("demo", ports.now())
    assert met == {"pools.begin_pass": 1}
    assert ports.pools.begin_pass("demo", ports.now())


def test_the_fakes_refuse_the_count_that_follows_a_slots_move() -> None:
    ports = stage(1)
    with conflicts(ports, every=2) as met:
        is_told_to_ask_again(play(ports))
    assert met == {COUNT: 1}
    assert the_session(ports).state is SessionState.ASSIGNED
    assert free_count(ports) == 1, "the reaper recounts"
