"""Both peers of a join get the same way through the relay, and it expires; who waits, or cannot have one, gets none."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest
from greenroom.domain.session.session import Session, SessionState
from greenroom.domain.socket.connection import PeerKind
from greenroom.domain.socket.relay import RelayPolicy, turn_credential
from greenroom.usecases.socket.admit_connection import admit_connection, open_connection
from greenroom.usecases.socket.issue_ice_servers import issue_ice_servers
from greenroom.usecases.socket.issue_ticket import ticket_for
from greenroom.usecases.socket.relay_frame import relay_frame
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE, a_connection
from tests.fakes.stage import launch, slot_of, stage
from tests.fakes.store import change_application, put

STUN = {"urls": ["stun:example"]}
URLS = ("turn:127.0.0.1:3478?transport=udp", "turns:turn.example.org:443?transport=tcp")


@pytest.fixture
def ports() -> FakePorts:
    """One free slot, and a TURN server."""
    ports = stage(1)
    ports.ice_servers, ports.turn_urls = (STUN,), URLS
    return ports


def said_hello(ports: FakePorts) -> Session:
    """A session whose page and agent are on the socket; the page has said hello."""
    session = launch(ports).session
    instance_id = slot_of(ports, session).instance_id
    ports.connections.store(a_connection("agent", PeerKind.AGENT, instance_id=instance_id, boot_nonce=NONCE))
    open_connection("page", admit_connection(ticket_for(session, None, ports).ticket, ports), ports)
    relay_frame("page", json.dumps({"kind": "hello"}), ports)
    return ports.sessions.get(session.session_id)


def test_page_and_agent_get_the_same_credential_of_this_session(ports: FakePorts) -> None:
    session = said_hello(ports)
    expires_at = ports.now() + session.limits.maximum_session_s + 600
    made = turn_credential("shared with coturn", session.session_id, expires_at)
    expected = [STUN, {"urls": list(URLS), "username": made.username, "credential": made.credential}]
    (welcome,), (join,) = ports.socket.to("page", "welcome"), ports.socket.to("agent", "join")
    assert welcome["iceServers"] == join["iceServers"] == expected
    assert welcome["iceTransportPolicy"] == "all"


def test_every_hello_makes_a_fresh_one_that_ends_with_the_session(ports: FakePorts) -> None:
    session = replace(said_hello(ports), ends_by=ports.now() + 1_000)
    ports.time += 400
    (_, relay) = issue_ice_servers(session, ports)
    assert relay["username"] == f"{int(ports.now()) + 600 + 600}:{session.session_id}"


def test_a_viewer_in_line_and_one_who_left_get_none(ports: FakePorts) -> None:
    session = said_hello(ports)
    waiting = replace(session, state=SessionState.QUEUED, assignment=None)
    left = replace(session, state=SessionState.ENDING)
    assert issue_ice_servers(waiting, ports) == issue_ice_servers(left, ports) == [STUN]


def test_a_secret_that_cannot_be_read_leaves_the_welcome_standing(ports: FakePorts) -> None:
    ports.relay_secret.secret = None
    said_hello(ports)
    assert ports.relay_secret.asked
    assert ports.socket.to("page", "welcome")[0]["iceServers"] == [STUN]
    assert ports.socket.to("agent", "join")[0]["iceServers"] == [STUN]


def test_without_a_turn_server_nobody_asks_for_its_secret(ports: FakePorts) -> None:
    ports.turn_urls = ()
    said_hello(ports)
    assert ports.relay_secret.asked == 0
    assert ports.socket.to("page", "welcome")[0]["iceServers"] == [STUN]


def test_the_policy_of_the_application_reaches_the_page_and_spares_running_sessions(ports: FakePorts) -> None:
    application = ports.catalog.application("demo")
    change_application(ports, relay=RelayPolicy.RELAY)
    session = said_hello(ports)
    put(ports, application)
    relay_frame("page", json.dumps({"kind": "hello"}), ports)
    assert [each["iceTransportPolicy"] for each in ports.socket.to("page", "welcome")] == ["relay", "relay"]
    assert session.relay is RelayPolicy.RELAY


def test_no_credential_is_ever_logged(
    ports: FakePorts, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said_hello(ports)
    credential = ports.socket.to("page", "welcome")[0]["iceServers"][1]["credential"]
    assert credential
    for written in (caplog.text, *capfd.readouterr()):
        assert credential not in written
        assert "shared with coturn" not in written
