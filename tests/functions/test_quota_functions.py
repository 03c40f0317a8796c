"""Quotas at the doors: operators set them, viewers are told which one, when to try again, and whose session runs."""

from __future__ import annotations

from typing import Any

import pytest
from greenroom.domain.quota.quota import Quota
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.session.end_session import end_overdue_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.session.release_slot import release_slot
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import add_slot, joined, launch, report, slot_of, stage
from tests.fakes.store import all_sessions, change_application
from tests.functions.invocations import (
    LAUNCH,
    LEAVE,
    LIST_SESSIONS,
    READ_SESSION,
    TICKET,
    body_of,
    handle_of,
    operate,
    viewer_event,
)
from tests.functions.openapi import fits
from tests.functions.test_operator_functions import VIEWER

TENANT, ACCOUNT = "/tenants/{tenantId}/quota", "/account/quota"
SWITCH = "/account/kill-switch"
LIMITS = {"concurrentSessions": 10, "sessionsPerDay": 200, "gpuMinutesPerDay": None}


def play(ports: FakePorts, viewer: str = "ada", token: str = "t1", tenant: str = "acme") -> Any:
    event = viewer_event(LAUNCH, {"applicationId": "demo", "clientToken": token}, viewer=viewer)
    event["requestContext"]["authorizer"]["lambda"]["tenantId"] = tenant
    return handle_of("request_session")(event, ports)


def kind_of(answer: Any) -> str:
    return str(body_of(answer)["type"]).rpartition("/")[2]


# -- operators


def test_a_tenants_quota_is_stored_and_shown_with_what_is_used() -> None:
    ports = stage(1)
    launch(ports)
    stored = operate("configure_quota", f"PUT {TENANT}", LIMITS, ports, tenantId="acme")
    assert stored["statusCode"] == 200
    view = body_of(operate("configure_quota", f"GET {TENANT}", None, ports, tenantId="acme"))
    used = {"concurrentSessions": 1, "sessionsToday": 1, "gpuMinutesToday": 0}
    assert view == body_of(stored) == {"tenantId": "acme", **LIMITS, "used": used}
    fits("TenantQuotaView", view)
    other = body_of(operate("configure_quota", f"GET {TENANT}", None, ports, tenantId="globex"))
    assert (other["concurrentSessions"], other["used"]["concurrentSessions"]) == (None, 0)
    assert ports.journal.newest("TENANT#acme", 1)[0].facts["operator"] == "op"


def test_the_accounts_quota_keeps_the_kill_switch() -> None:
    ports = stage(1)
    thrown = body_of(operate("configure_quota", f"POST {SWITCH}", {"reason": "bad build"}, ports))
    fits("KillSwitchView", thrown)
    view = body_of(operate("configure_quota", f"PUT {ACCOUNT}", {"sessionsPerDay": 5}, ports))
    fits("AccountQuotaView", view)
    assert (view["sessionsPerDay"], view["concurrentSessions"]) == (5, None)
    assert view["killSwitch"] == thrown["killSwitch"]
    again = operate("configure_quota", f"POST {SWITCH}", {"reason": "something else"}, ports)
    assert body_of(again)["killSwitch"]["reason"] == "bad build"
    for _ in range(2):
        assert body_of(operate("configure_quota", f"DELETE {SWITCH}", None, ports)) == {"killSwitch": None}
    kinds = [each.kind for each in ports.journal.newest("ACCOUNT", 9)]
    assert sorted(kinds) == ["KillSwitchCleared", "KillSwitchThrown", "QuotaConfigured"]


@pytest.mark.parametrize(
    ("function", "route", "body", "field"),
    [
        ("configure_quota", f"PUT {TENANT}", {"concurrentSessions": -1}, "concurrentSessions"),
        ("configure_quota", f"PUT {TENANT}", {"sessionsPerDay": "ten"}, "sessionsPerDay"),
        ("configure_quota", f"PUT {ACCOUNT}", {"gpuMinutesPerDay": 1.5}, "gpuMinutesPerDay"),
        ("configure_quota", f"PUT {ACCOUNT}", {"killSwitch": None}, "killSwitch"),
        ("configure_quota", f"POST {SWITCH}", {}, "reason"),
        ("configure_quota", f"POST {SWITCH}", {"reason": "  "}, "reason"),
        ("configure_quota", f"POST {SWITCH}", {"reason": "x" * 201}, "reason"),
    ],
)
def test_a_wrong_field_is_named(function: str, route: str, body: Any, field: str) -> None:
    path = {"tenantId": "acme"} if route.endswith(TENANT) else {}
    answer = operate(function, route, body, stage(0), **path)
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, field)


@pytest.mark.parametrize("route", [f"GET {TENANT}", f"PUT {TENANT}", f"GET {ACCOUNT}", f"PUT {ACCOUNT}"])
def test_only_operators_see_or_set_quotas(route: str) -> None:
    path = {"tenantId": "acme"} if route.endswith(TENANT) else {}
    assert operate("configure_quota", route, {}, stage(0), groups=VIEWER, **path)["statusCode"] == 403
    for method in ("POST", "DELETE"):
        answer = operate("configure_quota", f"{method} {SWITCH}", {"reason": "x"}, stage(0), groups=VIEWER)
        assert answer["statusCode"] == 403


# -- viewers


def test_a_full_tenant_is_429_with_its_scope_and_when_to_try_again() -> None:
    ports = stage(2)
    ports.quotas.save_tenant("acme", Quota(concurrent_sessions=1))
    assert play(ports, "ada")["statusCode"] == 201
    refused = play(ports, "bob")
    problem = body_of(refused)
    fits("Problem", problem)
    assert (refused["statusCode"], kind_of(refused)) == (429, "quota-exceeded")
    assert (problem["scope"], problem["quota"], problem["limit"]) == ("tenant", "concurrentSessions", 1)
    assert refused["headers"]["retry-after"] == "60"
    assert play(ports, "eve", tenant="globex")["statusCode"] == 201  # another tenant's limit is its own


def test_the_days_limits_open_again_at_midnight_of_utc() -> None:
    ports = stage(2)
    ports.quotas.save_account(Quota(sessions_per_day=1))
    play(ports, "ada")
    problem = body_of(play(ports, "bob"))
    assert (problem["scope"], problem["tryAgainAt"]) == ("account", "2027-01-16T00:00:00.000Z")
    ports.time += problem["retryAfter_s"]
    assert play(ports, "bob")["statusCode"] == 201


def test_a_second_launch_names_the_running_session() -> None:
    ports = stage(2)
    running = body_of(play(ports))["sessionId"]
    refused = play(ports, token="t2")
    assert (refused["statusCode"], kind_of(refused)) == (409, "viewer-limit")
    assert body_of(refused)["sessionId"] == running


def test_the_kill_switch_stops_new_sessions_and_no_running_one() -> None:
    ports = stage(2)
    running = body_of(play(ports, "ada"))
    operate("configure_quota", f"POST {SWITCH}", {"reason": "back at noon"}, ports)
    refused = play(ports, "bob")
    assert (refused["statusCode"], kind_of(refused)) == (503, "kill-switch")
    assert body_of(refused)["detail"] == "back at noon"
    assert ports.sessions.get(running["sessionId"]).state is SessionState.ASSIGNED
    repeated = play(ports, "ada")
    assert (repeated["statusCode"], body_of(repeated)["sessionId"]) == (200, running["sessionId"])
    operate("configure_quota", f"DELETE {SWITCH}", None, ports)
    assert play(ports, "bob")["statusCode"] == 201


def test_used_up_gpu_minutes_end_a_session_and_refuse_the_next_one() -> None:
    ports = stage(1)
    ports.quotas.save_tenant("acme", Quota(gpu_minutes_per_day=5))
    session = launch(ports).session
    ports.time += 20
    joined(ports, session, "page")
    report(ports, session, slot_of(ports, session), SlotEvent.CONNECTED, 1)
    session = ports.sessions.get(session.session_id)
    assert session.ends_by == ports.now() + 280  # 600 s is the longest, and 20 s were used before
    ports.time += 280
    ended = end_overdue_session(session, ports)
    assert str(ended.status_reason) == "quotaExceeded"
    release_slot(session.session_id, ports)
    add_slot(ports, "i-0000beef", SlotState.FREE)
    refused = play(ports, "bob")
    assert (refused["statusCode"], body_of(refused)["quota"]) == (429, "gpuMinutesPerDay")
    assert play(ports, "eve", tenant="globex")["statusCode"] == 201


def test_a_viewers_day_is_limited_by_the_application() -> None:
    ports = stage(1)
    change_application(ports, sessions_per_viewer=5, sessions_per_viewer_day=1)
    play(ports, token="t1")
    assert body_of(play(ports, token="t2"))["scope"] == "viewer-day"


# -- nothing crosses tenants


@pytest.mark.parametrize(
    ("function", "route"), [("read_sessions", READ_SESSION), ("issue_ticket", TICKET), ("leave_session", LEAVE)]
)
def test_another_tenants_viewer_gets_404(function: str, route: str) -> None:
    ports = stage(1)
    session_id = body_of(play(ports, "ada"))["sessionId"]
    event = viewer_event(route, {} if function == "issue_ticket" else None, viewer="eve", sessionId=session_id)
    event["requestContext"]["authorizer"]["lambda"]["tenantId"] = "globex"
    answer = handle_of(function)(event, ports)
    assert (answer["statusCode"], session_id in str(body_of(answer).get("slot"))) == (404, False)
    assert ports.sessions.get(session_id).state is SessionState.ASSIGNED


def test_another_tenants_viewer_sees_none_of_its_sessions() -> None:
    ports = stage(1)
    play(ports, "ada")
    event = viewer_event(LIST_SESSIONS, viewer="eve")
    event["requestContext"]["authorizer"]["lambda"]["tenantId"] = "globex"
    assert body_of(handle_of("read_sessions")(event, ports)) == {"sessions": []}


def test_the_body_names_no_tenant() -> None:
    """It counts for the tenant of the token, whatever the body says."""
    ports = stage(1)
    event = viewer_event(LAUNCH, {"applicationId": "demo", "clientToken": "t", "tenantId": "globex"}, viewer="ada")
    handle_of("request_session")(event, ports)
    assert [each.tenant_id for each in all_sessions(ports)] == ["acme"]
