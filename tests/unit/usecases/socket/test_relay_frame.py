"""The Viewer socket: who gets in, who speaks for whom, what crosses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from greenroom.domain.errors import StaleEpoch, TicketRefused
from greenroom.domain.instance.instance import Notice, NoticeKind
from greenroom.domain.session.session import Session, SessionState
from greenroom.domain.session.session_view import slot_name
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.socket.connection import PeerKind
from greenroom.usecases.instance.evacuate_instance import evacuate_instance
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.socket.admit_connection import admit_connection, close_connection, open_connection
from greenroom.usecases.socket.issue_ticket import hash_of, ticket_for
from greenroom.usecases.socket.relay_frame import relay_frame
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE, a_connection
from tests.fakes.stage import add_slot, launch, report, slot_of, stage
from tests.fakes.store import tickets

FRAME = {"kind": "frame", "sequence": 1, "part": 1, "parts": 1, "data": "{}"}
JOIN = {"kind": "join", "iceServers": list[Any](), "idleWarn_s": 120, "idleEnd_s": 30}


def page(ports: FakePorts, session: Session, connection_id: str, resume_join: int | None = None) -> None:
    ticket = ticket_for(ports.sessions.get(session.session_id), resume_join, ports)
    open_connection(connection_id, admit_connection(ticket.ticket, ports), ports)


def agent(ports: FakePorts, session: Session, connection_id: str = "agent") -> None:
    instance_id = slot_of(ports, session).instance_id
    ports.connections.store(a_connection(connection_id, PeerKind.AGENT, instance_id=instance_id, boot_nonce=NONCE))


def say(ports: FakePorts, connection_id: str, **frame: Any) -> None:
    relay_frame(connection_id, json.dumps(frame), ports)


@pytest.fixture
def ports() -> FakePorts:
    return stage(1)


@pytest.fixture
def session(ports: FakePorts) -> Session:
    """Assigned, its agent and its page on the socket."""
    launched = launch(ports).session
    agent(ports, launched)
    page(ports, launched, "page1")
    return ports.sessions.get(launched.session_id)


def test_a_ticket_opens_the_socket_once_and_only_its_hash_is_kept(ports: FakePorts) -> None:
    ticket = ticket_for(launch(ports).session, None, ports).ticket
    assert ticket not in repr(tickets(ports))
    assert hash_of(ticket) in tickets(ports)
    admit_connection(ticket, ports)
    with pytest.raises(TicketRefused):
        admit_connection(ticket, ports)


def test_a_ticket_of_a_session_that_ends_or_moved_on_is_refused(ports: FakePorts) -> None:
    waiting = launch(stage_zero := stage(0)).session
    old = ticket_for(waiting, None, stage_zero).ticket
    add_slot(stage_zero, "i-00000001", SlotState.FREE)
    launch(stage_zero, "bob")
    with pytest.raises(TicketRefused):
        admit_connection(old, stage_zero)
    session = launch(ports).session
    ticket = ticket_for(session, None, ports).ticket
    leave_session(session.session_id, "ada", ports)
    with pytest.raises(TicketRefused):
        admit_connection(ticket, ports)


def test_hello_welcomes_the_page_and_joins_the_agent(ports: FakePorts, session: Session) -> None:
    ports.ice_servers = ({"urls": "stun:example"},)
    say(ports, "page1", kind="hello")
    (welcome,) = ports.socket.to("page1", "welcome")
    assert (welcome["joinNumber"], welcome["epoch"], welcome["iceServers"]) == (1, 1, [{"urls": "stun:example"}])
    assert "taskToken" not in json.dumps(welcome)
    stamp = {"sessionId": session.session_id, "epoch": 1, "joinNumber": 1}
    join, told = ports.socket.to("agent")
    assert join == {**JOIN, "slotId": slot_of(ports, session).slot_id, "iceServers": welcome["iceServers"], **stamp}
    assert told == {"kind": "peerSocket", "open": True, **stamp}


def test_nothing_is_posted_to_a_connection_inside_connect(ports: FakePorts, session: Session) -> None:
    assert ports.socket.to("page1") == []


def test_an_agent_is_welcomed_with_its_slots(ports: FakePorts, session: Session) -> None:
    say(ports, "agent", kind="hello")
    slot = slot_of(ports, session)
    shown = {"slotId": slot.slot_id, "state": "Reserved", "epoch": 1, "sessionId": session.session_id, "joinNumber": 1}
    assert ports.socket.to("agent", "welcome") == [
        {"kind": "welcome", "instanceId": slot.instance_id, "slots": [shown]}
    ]


def test_a_pages_frame_is_stamped_from_our_rows_whatever_it_claims(ports: FakePorts, session: Session) -> None:
    say(ports, "page1", **FRAME, sessionId="ses-other", epoch=99, joinNumber=99, extra="x")
    assert ports.socket.to("agent") == [{**FRAME, "sessionId": session.session_id, "epoch": 1, "joinNumber": 1}]


def test_an_agents_frame_reaches_the_page_stamped_from_the_session(ports: FakePorts, session: Session) -> None:
    say(ports, "agent", **FRAME, sessionId=session.session_id, joinNumber=1, epoch=77)
    assert ports.socket.to("page1") == [{**FRAME, "sessionId": session.session_id, "epoch": 1, "joinNumber": 1}]


def test_an_agent_speaks_only_for_sessions_on_its_own_instance(ports: FakePorts, session: Session) -> None:
    ports.connections.store(a_connection("stranger", PeerKind.AGENT, instance_id="i-0badbad0", boot_nonce=NONCE))
    for claimed in (session.session_id, "ses-nobody", None, 7):
        say(ports, "stranger", **FRAME, sessionId=claimed, joinNumber=1)
    assert ports.socket.to("page1") == []
    assert len(ports.socket.to("stranger", "refused")) == 4


def test_a_second_page_supersedes_the_first_and_late_frames_go_nowhere(ports: FakePorts, session: Session) -> None:
    page(ports, session, "page2")
    assert ports.socket.to("page1") == [{"kind": "superseded"}]
    assert ports.socket.closed == ["page1"]
    say(ports, "page1", **FRAME)
    say(ports, "agent", **FRAME, sessionId=session.session_id, joinNumber=1)
    assert ports.socket.to("agent") == ports.socket.to("page2") == []
    close_connection("page1", ports)
    assert ports.sessions.get(session.session_id).viewer_connection_id == "page2"


def test_a_page_that_resumes_keeps_its_join_and_is_not_told_to_stop(ports: FakePorts, session: Session) -> None:
    page(ports, session, "page2", resume_join=1)
    assert ports.sessions.get(session.session_id).join_number == 1
    assert ports.socket.to("page1") == []
    say(ports, "page2", **FRAME)
    assert ports.socket.to("agent")[0]["joinNumber"] == 1


def test_a_closed_page_is_told_to_the_agent_and_ends_nothing(ports: FakePorts, session: Session) -> None:
    for _ in range(2):
        close_connection("page1", ports)
    stamp = {"sessionId": session.session_id, "epoch": 1, "joinNumber": 1}
    assert ports.socket.to("agent") == [{"kind": "peerSocket", "open": False, **stamp}]
    assert ports.sessions.get(session.session_id).is_live


def test_a_peer_that_is_gone_is_cleared_away_unless_it_is_back_already(ports: FakePorts, session: Session) -> None:
    ports.socket.gone.update({"agent", "page1"})
    say(ports, "agent", **FRAME, sessionId=session.session_id, joinNumber=1)
    assert ports.sessions.get(session.session_id).viewer_connection_id is None
    page(ports, session, "page2")
    agent(ports, session, "agent2")
    say(ports, "page2", **FRAME)
    assert len(ports.socket.to("agent2")) == 1


def test_a_page_that_waited_in_line_speaks_for_its_slot_after_it_says_hello_again() -> None:
    ports = stage(0)
    session = launch(ports).session
    page(ports, session, "page1")
    say(ports, "page1", kind="hello")
    assert ports.socket.to("page1", "welcome")[0]["session"]["place"] == 1
    report(ports, None, add_slot(ports, "i-00000001", SlotState.RESETTING), SlotEvent.READY)
    assert ports.socket.to("page1", "sessionUpdate")[0]["session"]["state"] == "Assigned"
    agent(ports, ports.sessions.get(session.session_id))
    say(ports, "page1", **FRAME)
    assert ports.socket.to("agent") == []
    say(ports, "page1", kind="hello")
    say(ports, "page1", **FRAME)
    assert [each["kind"] for each in ports.socket.to("agent")] == ["join", "peerSocket", "frame"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "7",
        '{"kind":"launch"}',
        '{"kind":["frame"]}',
        '{"kind":"frame","sequence":1}',
        '{"kind":"frame","sequence":true,"part":1,"parts":1,"data":""}',
        '{"kind":"frame","sequence":-1,"part":1,"parts":1,"data":""}',
        '{"kind":"frame","sequence":1,"part":1,"parts":1,"data":{}}',
        '{"kind":"ack","upTo":"7"}',
        "[" * 20_000,
    ],
)
def test_what_is_no_frame_is_refused_and_never_crosses(ports: FakePorts, session: Session, text: str) -> None:
    relay_frame("page1", text, ports)
    assert [each["kind"] for each in ports.socket.to("page1")] == ["refused"]
    assert ports.socket.to("agent") == []


def test_pings_are_answered_and_strangers_are_closed(ports: FakePorts, session: Session) -> None:
    say(ports, "page1", kind="ping")
    assert ports.socket.to("page1") == [{"kind": "pong"}]
    say(ports, "nobody", kind="ping")
    assert ports.socket.closed == ["nobody"]


def test_a_queued_ticket_cannot_join_the_slot_that_came_after(ports: FakePorts) -> None:
    session = launch(ports).session
    with pytest.raises(StaleEpoch):
        ports.sessions.join(session.session_id, "page", 0, None)


def test_an_older_page_whose_connection_was_not_yet_cleared_is_told_and_not_heard(
    ports: FakePorts, session: Session
) -> None:
    ports.sessions.join(session.session_id, "page2", 1, None)  # and died before it ended the older connection
    say(ports, "page1", **FRAME)
    say(ports, "page1", kind="hello")
    assert ports.socket.to("agent") == []
    assert ports.socket.to("page1") == [{"kind": "superseded"}]


# -- a session that moves


NEW = "i-0000000e"


def lose(ports: FakePorts, session: Session) -> None:
    """Its instance is being taken away; the picture runs on."""
    notice = Notice(NoticeKind.SPOT_INTERRUPTION, ports.now())
    evacuate_instance(slot_of(ports, session).instance_id, notice, ports)


def find(ports: FakePorts, session: Session) -> Session:
    """A slot on another instance gets ready, whose agent is on the socket."""
    report(ports, None, add_slot(ports, NEW, SlotState.RESETTING), SlotEvent.READY)
    after = ports.sessions.get(session.session_id)
    agent(ports, after, "newAgent")
    return after


def test_while_it_moves_the_old_slot_goes_on_as_before(ports: FakePorts, session: Session) -> None:
    lose(ports, session)
    say(ports, "page1", **FRAME)
    say(ports, "agent", **FRAME, sessionId=session.session_id, joinNumber=1)
    stamp = {"sessionId": session.session_id, "epoch": 1, "joinNumber": 1}
    assert ports.socket.to("agent") == [{**FRAME, **stamp}]
    assert ports.socket.to("page1", "frame") == [{**FRAME, **stamp}]
    say(ports, "page1", kind="hello")
    (welcome,) = ports.socket.to("page1", "welcome")
    assert (welcome["epoch"], welcome["session"]["state"], welcome["session"]["place"]) == (1, "Migrating", 1)
    page(ports, session, "page2", resume_join=1)  # a new socket of the same page, while it waits
    say(ports, "page2", **FRAME)
    assert len(ports.socket.to("agent", "frame")) == 2


def test_after_the_hand_over_the_page_joins_the_new_slot_on_the_same_socket(ports: FakePorts, session: Session) -> None:
    lose(ports, session)
    after = find(ports, session)
    assert after.assignment is not None
    told = ports.socket.to("page1", "sessionUpdate")[-1]["session"]
    assert (told["state"], told["slot"]["slotId"], told["slot"]["epoch"]) == ("Assigned", slot_name(f"{NEW}.1"), 2)
    assert told["moving"] is not None
    say(ports, "page1", kind="hello")
    (welcome,) = ports.socket.to("page1", "welcome")
    assert (welcome["epoch"], welcome["joinNumber"]) == (2, 1)
    stamp = {"sessionId": session.session_id, "epoch": 2, "joinNumber": 1}
    say(ports, "page1", **FRAME)
    say(ports, "newAgent", **FRAME, sessionId=session.session_id, joinNumber=1)
    assert ports.socket.to("newAgent") == [
        {**JOIN, "slotId": after.assignment.slot_id, **stamp},
        {"kind": "peerSocket", "open": True, **stamp},
        {**FRAME, **stamp},
    ]
    assert ports.socket.to("page1", "frame") == [{**FRAME, **stamp}]


def test_until_it_says_hello_again_a_page_neither_reaches_the_new_slot_nor_is_the_new_agent_told_to_join(
    ports: FakePorts, session: Session
) -> None:
    lose(ports, session)
    find(ports, session)
    say(ports, "page1", **FRAME)
    assert ports.socket.to("newAgent") == []


def test_the_old_agent_speaks_for_the_session_no_longer(ports: FakePorts, session: Session) -> None:
    lose(ports, session)
    find(ports, session)
    say(ports, "agent", **FRAME, sessionId=session.session_id, joinNumber=1)
    assert ports.socket.to("page1", "frame") == []
    assert ports.socket.to("agent", "slot") == []  # nobody tells it: the old picture stays until its next heartbeat
    old = ports.slots.get(f"{slot_of(ports, session).instance_id}.1")
    report(ports, session, replace(old, session_id=session.session_id), SlotEvent.DISCONNECTED, 1)
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED


def test_a_ticket_of_before_the_hand_over_joins_nothing_after_it(ports: FakePorts, session: Session) -> None:
    lose(ports, session)
    old = ticket_for(ports.sessions.get(session.session_id), 1, ports).ticket
    find(ports, session)
    with pytest.raises(TicketRefused):
        admit_connection(old, ports)
    page(ports, session, "page2")
    assert ports.sessions.get(session.session_id).join_number == 2
