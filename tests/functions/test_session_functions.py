"""The agent's facts, the Viewer socket and the steps of session_lifecycle, as events at the handlers."""

from __future__ import annotations

from typing import Any

import pytest
from greenroom.domain.errors import NoFreeSlot, SessionAlreadyAdopted
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.session.session import SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.stage import add_slot, joined, launch, slot_of, stage
from tests.fakes.store import change, change_instance, connections, slots_of, the_instance
from tests.functions.invocations import (
    LEAVE,
    SETTINGS,
    SLOT_EVENT,
    agent_event,
    body_of,
    handle_of,
    socket_event,
    viewer_event,
)


def slot_event(ports: FakePorts, instance_id: str, **fields: Any) -> dict[str, Any]:
    body = {"bootNonce": NONCE, "slotId": "i-00000001.1", "epoch": 0, "event": "ready", "sessionId": None, **fields}
    answer: dict[str, Any] = handle_of("record_slot_event")(agent_event(SLOT_EVENT, body, instance_id), ports, SETTINGS)
    return answer


def test_a_ready_slot_is_answered_with_what_it_is_now() -> None:
    ports = stage(0)
    add_slot(ports, "i-00000001", SlotState.RESETTING)
    answer = slot_event(ports, "i-00000001")
    free = {"slotId": "i-00000001.1", "state": "Free", "epoch": 0, "sessionId": None, "joinNumber": 0}
    assert (answer["statusCode"], body_of(answer)) == (200, {"slot": free})


@pytest.mark.parametrize(
    ("desc", "caller", "fields", "status", "kind"),
    [
        ("another instance's slot", "i-00000002", {}, 403, "forbidden"),
        ("an instance nobody launched", "i-0badbad0", {}, 403, "forbidden"),
        ("no instance", "admin", {}, 403, "forbidden"),
        ("an older boot", "i-00000001", {"bootNonce": "f" * 32}, 409, "stale-boot"),
        ("an older holder", "i-00000001", {"epoch": 5}, 409, "stale-epoch"),
        ("an unknown event", "i-00000001", {"event": "launched"}, 400, "invalid-field"),
        ("a wrong epoch", "i-00000001", {"epoch": "0"}, 400, "invalid-field"),
        ("no slot at all", "i-00000001", {"slotId": "i-00000001.9"}, 404, "not-found"),
    ],
)
def test_what_an_agent_may_not_say_changes_nothing(
    desc: str, caller: str, fields: dict[str, Any], status: int, kind: str
) -> None:
    ports = stage(0)
    for instance_id in ("i-00000001", "i-00000002"):
        add_slot(ports, instance_id, SlotState.RESETTING)
    before = slots_of(ports)
    answer = slot_event(ports, caller, **fields)
    assert (answer["statusCode"], body_of(answer)["type"].rpartition("/")[2]) == (status, kind), desc
    assert slots_of(ports) == before


def authorize(ports: FakePorts, ticket: Any) -> dict[str, Any]:
    event = {"queryStringParameters": {"ticket": ticket}, "methodArn": "arn:method"}
    policy: dict[str, Any] = handle_of("authorize_connection")(event, ports)
    return policy


def effect(policy: dict[str, Any]) -> str:
    return str(policy["policyDocument"]["Statement"][0]["Effect"])


def test_a_page_comes_in_with_its_ticket_says_hello_and_goes() -> None:
    ports = stage(1)
    launched = launch(ports)
    assert launched.ticket is not None
    policy = authorize(ports, launched.ticket.ticket)
    assert effect(policy) == "Allow"
    assert policy["policyDocument"]["Statement"][0]["Resource"] == "arn:method"
    assert all(isinstance(value, str) for value in policy["context"].values())
    assert launched.ticket.ticket not in repr(policy)
    opened = handle_of("record_connection")(socket_event("page", event_type="CONNECT", **policy["context"]), ports)
    handle_of("relay_frame")(socket_event("page", {"kind": "hello"}), ports)
    assert (opened["statusCode"], ports.socket.to("page")[0]["kind"]) == (200, "welcome")
    handle_of("record_connection")(socket_event("page", event_type="DISCONNECT"), ports)
    assert ports.sessions.get(launched.session.session_id).viewer_connection_id is None


@pytest.mark.parametrize("ticket", [None, "", "wrong", "x" * 5_000, 7, ["a"], {"a": 1}])
def test_whatever_is_no_ticket_is_denied_without_a_word(ticket: Any) -> None:
    policy = authorize(stage(1), ticket)
    assert effect(policy) == "Deny"
    assert "context" not in policy


def test_the_connection_authorizer_denies_when_anything_breaks() -> None:
    ports = stage(1)

    def broken(*_: Any) -> Any:
        raise RuntimeError("no table")

    ports.tickets.redeem = broken  # type: ignore[method-assign]
    assert effect(authorize(ports, "ticket")) == "Deny"
    assert effect(handle_of("authorize_connection")({}, ports)) == "Deny"


def test_a_handshake_that_lost_its_session_meanwhile_is_refused() -> None:
    ports = stage(1)
    launched = launch(ports)
    assert launched.ticket is not None
    context = authorize(ports, launched.ticket.ticket)["context"]
    handle_of("end_session")({"sessionId": launched.session.session_id, "error": "StaleEpoch"}, ports)
    opening = socket_event("page", event_type="CONNECT", **context)
    assert handle_of("record_connection")(opening, ports)["statusCode"] == 410


def test_a_message_that_names_another_route_neither_connects_nor_disconnects() -> None:
    """API Gateway picks the route by the frame's `kind`, and `$connect` is one like any other."""
    ports = stage(1)
    launched = launch(ports)
    assert launched.ticket is not None
    context = authorize(ports, launched.ticket.ticket)["context"]
    opening = socket_event("page", event_type="CONNECT", **context)
    assert handle_of("record_connection")(opening, ports)["statusCode"] == 200
    before, rows = ports.sessions.get(launched.session.session_id), connections(ports)
    for kind in ("$connect", "$disconnect"):
        message = socket_event("page", {"kind": kind}, **context)
        message["requestContext"]["routeKey"] = kind
        assert handle_of("record_connection")(message, ports)["statusCode"] == 403
    opening["requestContext"]["routeKey"] = "$default"
    assert handle_of("relay_frame")(opening, ports)["statusCode"] == 403
    assert ports.sessions.get(before.session_id) == before
    assert connections(ports) == rows


def agent_opening(boot_nonce: str) -> dict[str, Any]:
    context = {"kind": "agent", "expiresAt": "4102444800.0", "instanceId": "i-00000001", "bootNonce": boot_nonce}
    return socket_event("agent-1", event_type="CONNECT", **context)


def test_an_agents_connection_is_of_its_latest_boot() -> None:
    ports = stage(0)
    add_slot(ports, "i-00000001", SlotState.FREE)
    assert handle_of("record_connection")(agent_opening("f" * 32), ports)["statusCode"] == 410
    assert ports.connections.of_agent("i-00000001") is None
    assert handle_of("record_connection")(agent_opening(NONCE), ports)["statusCode"] == 200
    handle_of("relay_frame")(socket_event("agent-1", {"kind": "hello"}), ports)
    assert ports.socket.to("agent-1")[0]["kind"] == "welcome"


def test_an_agent_whose_instance_booted_again_is_greeted_with_the_end_of_its_connection() -> None:
    ports = stage(0)
    add_slot(ports, "i-00000001", SlotState.FREE)
    handle_of("record_connection")(agent_opening(NONCE), ports)
    change(ports, the_instance(ports), boot_nonce="e" * 32)
    handle_of("relay_frame")(socket_event("agent-1", {"kind": "hello"}), ports)
    assert ports.socket.to("agent-1") == []
    assert ports.socket.closed == ["agent-1"]


def test_an_instance_that_is_over_opens_no_connection() -> None:
    ports = stage(0)
    assert handle_of("record_connection")(agent_opening(NONCE), ports)["statusCode"] == 410
    add_slot(ports, "i-00000001", SlotState.FREE)
    change_instance(ports, "i-00000001", state=InstanceState.TERMINATED)
    assert handle_of("record_connection")(agent_opening(NONCE), ports)["statusCode"] == 410


def test_the_steps_of_a_session_from_adoption_to_release() -> None:
    ports = stage(1)
    session_id = launch(ports).session.session_id
    step = {"sessionId": session_id, "executionArn": "arn:1", "taskToken": "token"}
    handle_of("adopt_session")(step, ports)
    with pytest.raises(SessionAlreadyAdopted):
        handle_of("adopt_session")({**step, "executionArn": "arn:2"}, ports)
    handle_of("await_session")({"awaits": "end", "sessionId": session_id, "taskToken": "token2"}, ports)
    ended = handle_of("end_session")({"sessionId": session_id, "error": "States.Timeout"}, ports)
    assert ended["statusReason"] == "connectionTimeout"
    assert ports.tasks.answers == [
        ("token2", {"sessionId": session_id, "fact": "ended", "outcome": "connectionTimeout"})
    ]
    for _ in range(2):
        over = handle_of("release_slot")({"sessionId": session_id}, ports)
        assert over == {"sessionId": session_id, "state": "Ended", "statusReason": "connectionTimeout"}


def test_a_session_in_line_is_adopted_with_no_free_slot_and_ends_for_want_of_capacity() -> None:
    ports = stage(0)
    session_id = launch(ports).session.session_id
    with pytest.raises(NoFreeSlot):
        handle_of("adopt_session")({"sessionId": session_id, "executionArn": "arn", "taskToken": "t"}, ports)
    handle_of("await_session")({"awaits": "slot", "sessionId": session_id, "taskToken": "t2"}, ports)
    handle_of("end_session")({"sessionId": session_id, "error": "States.Timeout"}, ports)
    over = handle_of("release_slot")({"sessionId": session_id}, ports)
    assert (over["state"], over["statusReason"]) == ("Failed", "capacityUnavailable")


def test_the_release_of_one_who_cancelled_tells_those_behind() -> None:
    ports = stage(0)
    first, second = launch(ports, "ada").session, launch(ports, "bob").session
    joined(ports, second, "page")
    handle_of("leave_session")(viewer_event(LEAVE, None, viewer="ada", sessionId=first.session_id), ports)
    handle_of("release_slot")({"sessionId": first.session_id}, ports)
    assert [each["place"] for each in ports.socket.to("page", "eta")] == [1]


def test_a_failure_of_the_machine_itself_is_an_internal_error() -> None:
    ports = stage(1)
    session = launch(ports).session
    handle_of("end_session")({"sessionId": session.session_id, "error": "StaleEpoch"}, ports)
    ended = ports.sessions.get(session.session_id)
    assert (ended.state, ended.status_reason) == (SessionState.ENDING, StatusReason.INTERNAL_ERROR)
    assert slot_of(ports, session).state is SlotState.RESERVED
