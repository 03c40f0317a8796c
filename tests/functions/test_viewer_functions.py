"""The viewer's HTTP door: statuses, bodies, problems, and whose session it is."""

from __future__ import annotations

import json
from math import ceil
from typing import Any

import pytest
from greenroom.domain.pool.pool import Admission
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.line.forecast_line import forecast_line
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import add_slot, launch, stage
from tests.fakes.store import all_sessions, change_application, change_pool, line_of, tickets
from tests.functions.invocations import (
    LAUNCH,
    LEAVE,
    LIST_SESSIONS,
    READ_SESSION,
    TICKET,
    body_of,
    handle_of,
    socket_event,
    viewer_event,
)

PLAY = {"applicationId": "demo", "clientToken": "t1"}
VIEW = {
    "sessionId", "applicationId", "poolId", "state", "statusReason", "requestedAt", "assignedAt", "connectedAt",
    "endedAt", "deadlineAt", "endsBy", "version", "slot", "place", "reason", "eta", "moving", "migrations",
}  # fmt: skip


def test_a_hot_launch_answers_201_with_slot_and_ticket_and_its_repeat_200() -> None:
    ports = stage(1)
    first = handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports)
    again = handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports)
    assert (first["statusCode"], again["statusCode"]) == (201, 200)
    view = body_of(first)
    assert set(view) == VIEW | {"ticket"}
    assert set(view["slot"]) == {"slotId", "instanceType", "zone", "market", "epoch"}
    assert (view["state"], view["assignedAt"]) == ("Assigned", view["requestedAt"])
    assert set(view["ticket"]) == {"ticket", "expiresAt"}
    assert body_of(again)["sessionId"] == view["sessionId"]
    assert first["headers"]["cache-control"] == "no-store"


def test_no_answer_of_the_viewers_routes_names_an_instance() -> None:
    """Whoever knows an instance's id can pose as it where a role is too free."""
    ports = stage(1)
    session = launch(ports).session
    assert session.assignment is not None
    page = {"sessionId": session.session_id}
    handle_of("record_connection")(
        socket_event("p", event_type="CONNECT", kind="viewer", expiresAt="1", epoch="1", viewerId="ada", **page), ports
    )
    handle_of("relay_frame")(socket_event("p", {"kind": "hello"}), ports)
    told = [
        handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports)["body"],
        handle_of("read_sessions")(viewer_event(READ_SESSION, None, sessionId=session.session_id), ports)["body"],
        handle_of("read_sessions")(viewer_event(LIST_SESSIONS, None), ports)["body"],
        handle_of("leave_session")(viewer_event(LEAVE, None, sessionId=session.session_id), ports)["body"],
        json.dumps(ports.socket.to("p")),
    ]
    assert {frame["kind"] for frame in ports.socket.to("p")} == {"welcome", "sessionUpdate"}
    assert not [text for text in told if session.assignment.instance_id in text]
    assert len({slot["slotId"] for slot in (json.loads(text)["slot"] for text in (told[0], told[1], told[3]))}) == 1


def test_a_launch_without_a_slot_answers_202_with_place_and_reason() -> None:
    answer = handle_of("request_session")(viewer_event(LAUNCH, PLAY), stage(0))
    view = body_of(answer)
    assert (answer["statusCode"], view["state"], view["place"], view["slot"]) == (202, "Queued", 1, None)
    assert view["reason"]
    assert "ticket" not in view


@pytest.mark.parametrize(
    ("desc", "body", "field"),
    [
        ("not JSON", "{", "body"),
        ("not an object", "[]", "body"),
        ("too deep", "[" * 60_000, "body"),
        ("too long", '{"x":"' + "y" * 70_000 + '"}', "body"),
        ("nothing", None, "applicationId"),
        ("null", {"applicationId": None, "clientToken": "t"}, "applicationId"),
        ("a number", {"applicationId": 7, "clientToken": "t"}, "applicationId"),
        ("a path", {"applicationId": "../x", "clientToken": "t"}, "applicationId"),
        ("no token", {"applicationId": "demo"}, "clientToken"),
        ("token too long", {"applicationId": "demo", "clientToken": "t" * 65}, "clientToken"),
        ("token with a line end", {"applicationId": "demo", "clientToken": "t\n"}, "clientToken"),
    ],
)
def test_a_malformed_launch_answers_400_naming_the_field_and_writes_nothing(desc: str, body: Any, field: str) -> None:
    ports = stage(1)
    answer = handle_of("request_session")(viewer_event(LAUNCH, body), ports)
    problem = body_of(answer)
    assert (answer["statusCode"], problem["status"], problem["field"]) == (400, 400, field), desc
    assert problem["type"] == "https://greenroom.dev/problems/invalid-field"
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert not all_sessions(ports)


def test_unknown_application_is_404_and_a_second_session_409_with_the_running_one() -> None:
    ports = stage(2)
    unknown = handle_of("request_session")(viewer_event(LAUNCH, {**PLAY, "applicationId": "nowhere"}), ports)
    running = body_of(handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports))
    second = handle_of("request_session")(viewer_event(LAUNCH, {**PLAY, "clientToken": "t2"}), ports)
    assert unknown["statusCode"] == 404
    assert (second["statusCode"], body_of(second)["sessionId"]) == (409, running["sessionId"])
    assert body_of(second)["type"].endswith("/viewer-limit")


def test_a_full_line_answers_503_with_a_time_to_try_again_and_writes_nothing() -> None:
    ports = stage(0)
    change_pool(ports, line_limit=2)
    waiting = [launch(ports, name).session for name in ("bob", "eve")]
    full = handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports)
    likely_s = ceil(forecast_line("demo", ports).eta(1).p50 - ports.now())  # the next in line is served then
    assert (full["statusCode"], full["headers"]["retry-after"]) == (503, str(likely_s))
    assert body_of(full)["type"].endswith("/line-full")
    assert (body_of(full)["retryAfter_s"], body_of(full)["limit"]) == (likely_s, 2)
    assert (len(all_sessions(ports)), len(line_of(ports))) == (2, 2)
    again = handle_of("request_session")(viewer_event(LAUNCH, PLAY, viewer="bob"), ports)
    assert (again["statusCode"], body_of(again)["sessionId"]) == (200, waiting[0].session_id)
    other = {**PLAY, "clientToken": "t2"}
    second = handle_of("request_session")(viewer_event(LAUNCH, other, viewer="bob"), ports)
    assert (second["statusCode"], body_of(second)["sessionId"]) == (409, waiting[0].session_id)
    handle_of("leave_session")(viewer_event(LEAVE, None, viewer="bob", sessionId=waiting[0].session_id), ports)
    assert handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports)["statusCode"] == 202


@pytest.mark.parametrize(
    ("admission", "name", "facts"),
    [(Admission.CLOSED, "closed", {}), (Admission.AUTOMATIC, "not-open", {"opensAt": None})],
)
def test_an_application_that_is_not_open_answers_403_and_says_so(
    admission: Admission, name: str, facts: dict[str, Any]
) -> None:
    ports = stage(1)
    change_application(ports, admission=admission)
    answer = handle_of("request_session")(viewer_event(LAUNCH, PLAY), ports)
    assert (answer["statusCode"], body_of(answer)["type"].rpartition("/")[2]) == (403, name)
    assert facts.items() <= body_of(answer).items()
    assert not all_sessions(ports)


@pytest.mark.parametrize(
    ("function", "route"), [("read_sessions", READ_SESSION), ("leave_session", LEAVE), ("issue_ticket", TICKET)]
)
def test_someone_elses_session_is_404_exactly_as_none_at_all(function: str, route: str) -> None:
    ports = stage(1)
    session = launch(ports, "ada").session
    theirs = handle_of(function)(viewer_event(route, {}, "eve", sessionId=session.session_id), ports)
    nobodys = handle_of(function)(viewer_event(route, {}, "eve", sessionId="ses-none"), ports)
    assert theirs["statusCode"] == nobodys["statusCode"] == 404
    assert ports.sessions.get(session.session_id) == session
    assert not [each for each in tickets(ports).values() if each.viewer_id == "eve"]


@pytest.mark.parametrize(
    ("function", "route"),
    [("request_session", LAUNCH), ("read_sessions", READ_SESSION), ("leave_session", LEAVE), ("issue_ticket", TICKET)],
)
def test_nobody_gets_anything(function: str, route: str) -> None:
    event = {**viewer_event(route, PLAY, sessionId="ses-1"), "requestContext": {}}
    assert handle_of(function)(event, stage(1))["statusCode"] == 403


def test_viewers_read_their_own_sessions_with_their_place_in_line() -> None:
    ports = stage(0)
    session = launch(ports, "ada").session
    launch(ports, "bob")
    one = handle_of("read_sessions")(viewer_event(READ_SESSION, None, sessionId=session.session_id), ports)
    own = handle_of("read_sessions")(viewer_event(LIST_SESSIONS, None), ports)
    assert (one["statusCode"], body_of(one)["place"]) == (200, 1)
    assert set(body_of(one)["eta"]) == {"p50", "p90", "reason", "at"}
    assert [each["sessionId"] for each in body_of(own)["sessions"]] == [session.session_id]


def test_leaving_is_202_as_often_as_one_likes() -> None:
    ports = stage(1)
    session = launch(ports).session
    for _ in range(2):
        answer = handle_of("leave_session")(viewer_event(LEAVE, None, sessionId=session.session_id), ports)
        assert (answer["statusCode"], body_of(answer)["statusReason"]) == (202, "userLeft")
    refused = handle_of("issue_ticket")(viewer_event(TICKET, {}, sessionId=session.session_id), ports)
    assert (refused["statusCode"], body_of(refused)["type"][-13:]) == (409, "session-ended")


def test_a_ticket_is_issued_for_a_reconnect() -> None:
    ports = stage(1)
    session = launch(ports).session
    issued = handle_of("issue_ticket")(viewer_event(TICKET, {"resumeJoin": 3}, sessionId=session.session_id), ports)
    wrong = handle_of("issue_ticket")(viewer_event(TICKET, {"resumeJoin": "3"}, sessionId=session.session_id), ports)
    assert (issued["statusCode"], wrong["statusCode"]) == (201, 400)
    assert body_of(wrong)["field"] == "resumeJoin"
    assert [each.resume_join for each in tickets(ports).values()] == [None, 3]


def test_no_answer_ever_holds_a_task_token() -> None:
    ports: FakePorts = stage(0)
    session = launch(ports).session
    handle_of("await_session")({"awaits": "slot", "sessionId": session.session_id, "taskToken": "very-secret"}, ports)
    add_slot(ports, "i-00000001", SlotState.FREE)
    for answer in (
        handle_of("read_sessions")(viewer_event(READ_SESSION, None, sessionId=session.session_id), ports),
        handle_of("leave_session")(viewer_event(LEAVE, None, sessionId=session.session_id), ports),
    ):
        assert "very-secret" not in answer["body"]
    assert "very-secret" not in repr(ports.sessions.get(session.session_id))
    assert ports.sessions.get(session.session_id).state is SessionState.ENDING
