"""Whatever a caller writes, a call answers it: nothing that can be parsed ends as a 500, nothing unfit is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from greenroom.domain.session.session import Session
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.times import iso
from greenroom_lab.memory.ports import FakePorts
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.architecture.reading import functions
from tests.builders import NONCE
from tests.fakes.stage import add_slot, launch, stage
from tests.fakes.wire import Wired
from tests.functions.invocations import SETTINGS, agent_event, handle_of, operate, socket_event, viewer_event

AGENT = "i-00000001"
CONFIGURED = {"register_instance", "record_heartbeat", "record_slot_event", "issue_socket_ticket"}
"""Who is given settings beside ports."""
POLICY = {"alwaysOn": 0, "targetIdle": 0, "maximum": 4}


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One route with a body that it takes; `{session}` in a path is a session that stands."""

    function: str
    route: str
    body: Mapping[str, Any] | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


START = 1_800_003_600.0  # an hour after the fakes' clock
EVENT = {"poolId": "demo", "name": "Gala", "start": iso(START), "end": iso(START + 600), "expectedSessions": 2}
EVENT |= {"timeZone": "Europe/Berlin", "clientToken": "t", "maximumCost_usd": 1.5, "shuffle": True, "lead_s": 60}
APPLICATION = {"name": "Demo", "kind": "unreal", "command": ["./run", "-x"], "slotsPerInstance": 1, "poolId": "demo"}
APPLICATION |= {"limits": {"maximumSession_s": 600}, "admission": "open", "sessionsPerViewer": 1, "relay": "all"}
POOL = {"applicationId": "demo", "policy": POLICY, "markets": ["spot"], "instanceTypes": ["g5.xlarge"]}
POOL |= {"tiers": {"vip": 30}, "lineLimit": 10}
QUOTA = {"concurrentSessions": 2, "sessionsPerDay": 3, "gpuMinutesPerDay": 4}
POOL_ID, SESSION = {"poolId": "demo"}, {"sessionId": "{session}"}
CALLS = (
    HttpCall("request_session", "POST /sessions", {"applicationId": "demo", "clientToken": "t2"}),
    HttpCall("read_sessions", "GET /sessions"),
    HttpCall("read_sessions", "GET /sessions/{sessionId}", None, SESSION),
    HttpCall("leave_session", "DELETE /sessions/{sessionId}", None, SESSION),
    HttpCall("issue_ticket", "POST /sessions/{sessionId}/ticket", {"resumeJoin": 1}, SESSION),
    HttpCall("configure_catalog", "PUT /applications/{applicationId}", APPLICATION, {"applicationId": "demo"}),
    HttpCall("configure_catalog", "GET /applications/{applicationId}", None, {"applicationId": "demo"}),
    HttpCall("configure_catalog", "PUT /pools/{poolId}", POOL, POOL_ID),
    HttpCall("configure_catalog", "PATCH /pools/{poolId}", {"policy": POLICY, "tiers": {"vip": 1}}, POOL_ID),
    HttpCall("read_pools", "GET /pools"),
    HttpCall("read_pools", "GET /pools/{poolId}", None, POOL_ID),
    HttpCall("read_pools", "GET /pools/{poolId}/instances", None, POOL_ID),
    HttpCall("read_pools", "GET /pools/{poolId}/decisions", None, POOL_ID, {"limit": "5"}),
    HttpCall("operate_pool", "POST /pools/{poolId}/halt", {"reason": "why"}, POOL_ID),
    HttpCall("operate_pool", "POST /pools/{poolId}/resume", {}, POOL_ID),
    HttpCall("configure_quota", "GET /tenants/{tenantId}/quota", None, {"tenantId": "acme"}),
    HttpCall("configure_quota", "PUT /tenants/{tenantId}/quota", QUOTA, {"tenantId": "acme"}),
    HttpCall("configure_quota", "GET /account/quota"),
    HttpCall("configure_quota", "PUT /account/quota", QUOTA),
    HttpCall("configure_quota", "POST /account/kill-switch", {"reason": "why"}),
    HttpCall("configure_quota", "DELETE /account/kill-switch", {}),
    HttpCall("drain_instance", "POST /instances/{instanceId}/drain", None, {"instanceId": AGENT}),
    HttpCall("drain_instance", "DELETE /instances/{instanceId}/drain", None, {"instanceId": AGENT}),
    HttpCall("schedule_event", "POST /events", EVENT),
    HttpCall(
        "schedule_event", "PATCH /events/{eventId}", {"name": "Other", "start": EVENT["start"]}, {"eventId": "{event}"}
    ),
    HttpCall("schedule_event", "DELETE /events/{eventId}", None, {"eventId": "{event}"}),
    HttpCall("read_events", "GET /events"),
    HttpCall("read_events", "GET /events/{eventId}", None, {"eventId": "{event}"}),
    HttpCall(
        "register_instance",
        "POST /agent/register",
        {"bootNonce": NONCE, "privateIp": "10.0.0.1", "publicIp": "1.2.3.4"},
    ),
    HttpCall(
        "record_heartbeat",
        "POST /agent/heartbeat",
        {
            "bootNonce": NONCE,
            "slots": [{"slotId": f"{AGENT}.1", "epoch": 0}],
            "notice": {"kind": "rebalance", "at": iso(START)},
        },
    ),
    HttpCall(
        "record_slot_event",
        "POST /agent/slot-events",
        {"bootNonce": NONCE, "slotId": f"{AGENT}.1", "epoch": 0, "event": "ready", "sessionId": None, "joinNumber": 0},
    ),
    HttpCall("issue_socket_ticket", "POST /agent/socket-ticket", {"bootNonce": NONCE}),
)
every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.route)


def house() -> tuple[FakePorts, Mapping[str, str]]:
    """A stage on which each call's own body is right, and the ids of what stands there."""
    ports = stage(1)
    add_slot(ports, AGENT, SlotState.RESETTING)
    session: Session = launch(ports, "ada").session
    made = json.loads(operate("schedule_event", "POST /events", {**EVENT, "clientToken": "e"}, ports)["body"])
    return ports, {"{session}": session.session_id, "{event}": made["eventId"]}


def ask(
    call: HttpCall, body: Any, path: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None
) -> int:
    """The status that the call answers; what it hands to a port must be fit for AWS."""
    ports, ids = house()
    who = "bob" if call.function == "request_session" else "ada"
    given_path = {name: ids.get(value, value) for name, value in (call.path if path is None else path).items()}
    if call.function in CONFIGURED:
        event = agent_event(call.route, None, AGENT)
        more: tuple[Any, ...] = (SETTINGS,)
    else:
        event, more = viewer_event(call.route, None, who, "operators,viewers,tenant-acme", **given_path), ()
    event["body"] = body if isinstance(body, str) or body is None else json.dumps(body)
    event["queryStringParameters"] = dict(call.query if query is None else query) or None
    if call.route == "DELETE /instances/{instanceId}/drain":
        operate(call.function, "POST /instances/{instanceId}/drain", None, ports, instanceId=AGENT)
    if call.function == "configure_catalog":
        ports.turn_urls = ("turn:x",)
    answer = handle_of(call.function)(event, Wired(ports), *more)
    json.loads(answer["body"])
    return int(answer["statusCode"])


def test_every_route_is_tried() -> None:
    assert {f"{r.method.upper()} {r.path}" for each in functions() for r in each.routes} == {d.route for d in CALLS}


@every_call
def test_each_calls_own_body_is_taken(call: HttpCall) -> None:
    assert 200 <= ask(call, call.body) < 300


UNFIT = {
    "half an emoji": "abc\ud83d",
    "the other half": "\ude00abc",
    "nothing": "a\x00b",
    "a line break": "a\nb",
    "a tab": "a\tb",
    "an escape": "\x1b[31mred",
    "delete": "a\x7f",
    "a C1 control": "a\x9bb",
    "a line separator": "a\u2028b",
    "right to left override": "a\u202eb",
    "an isolate": "\u2066a",
    "a mark": "a\u200fb",
    "an Arabic letter mark": "a\u061cb",
}
FIT = (
    "Grüße",
    "日本語",
    "שלום",
    "👩\u200d👩\u200d👧",
    "می\u200cخواهم",
    "🏴\U000e0067\U000e0062\U000e007f",
    "a b\u00a0c",
    "'\"\\",
)


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
@pytest.mark.parametrize(
    ("route", "name", "wrap"),
    [
        ("PUT /applications/{applicationId}", "name", False),
        ("PUT /applications/{applicationId}", "command", True),
        ("POST /pools/{poolId}/halt", "reason", False),
        ("POST /account/kill-switch", "reason", False),
        ("POST /events", "name", False),
        ("PATCH /events/{eventId}", "name", False),
        ("POST /agent/register", "privateIp", False),
    ],
)
def test_an_unfit_text_is_refused_by_its_field_with_what_to_do(route: str, name: str, wrap: bool, unfit: str) -> None:
    call = next(each for each in CALLS if each.route == route)
    ports, ids = house()
    body = {**(call.body or {}), name: [unfit] if wrap else unfit}
    path = {key: ids.get(value, value) for key, value in call.path.items()}
    if call.function in CONFIGURED:
        answer = handle_of(call.function)(agent_event(route, body, AGENT), Wired(ports), SETTINGS)
    else:
        answer = operate(call.function, route, body, Wired(ports), **path)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["field"]) == (400, name)
    assert "must not hold" in problem["detail"]
    assert "leave it out" in problem["detail"]
    assert unfit not in problem["detail"]


@pytest.mark.parametrize("fit", FIT)
def test_texts_of_all_languages_and_joined_emoji_are_taken(fit: str) -> None:
    call = next(each for each in CALLS if each.route == "PUT /applications/{applicationId}")
    assert ask(call, {**(call.body or {}), "name": fit, "command": [fit]}) == 200


odd_texts = st.one_of(
    st.sampled_from([*UNFIT.values(), *FIT, "", " ", "x" * 300, "x" * 3000, "../x", "%00", "$connect", "i-00000001"]),
    st.text(st.characters(), max_size=40),  # lone surrogates are characters here
    st.text(st.characters(categories=["Cs", "Cc", "Cf"]), min_size=1, max_size=5),
)
odd_numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([10**30, -(10**400), 2**53, 1e308, 1e-300, float("nan"), float("inf")])
)
odd_values = st.recursive(
    st.one_of(st.none(), st.booleans(), odd_numbers, odd_texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed(draw: st.DrawFn, body: Mapping[str, Any]) -> Any:
    """A body that is right but for a few of its fields, at any depth."""
    whole = json.loads(json.dumps(body))
    for _ in range(draw(st.integers(1, 2))):
        part = whole
        while True:
            name = draw(st.sampled_from(sorted(part)) if part else odd_texts)
            if isinstance(part.get(name), dict) and draw(st.booleans()):
                part = part[name]
                continue
            part[name] = draw(st.lists(odd_values, max_size=2) if isinstance(part.get(name), list) else odd_values)
            break
    return whole


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@pytest.mark.parametrize("call", [each for each in CALLS if each.body], ids=lambda call: call.route)
@quick
@given(data=st.data())
def test_no_body_makes_a_500(call: HttpCall, data: st.DataObject) -> None:
    assert call.body is not None
    assert ask(call, data.draw(changed(call.body))) < 500


@pytest.mark.parametrize("call", [each for each in CALLS if each.path], ids=lambda call: call.route)
@quick
@given(text=odd_texts)
def test_no_path_makes_a_500(call: HttpCall, text: str) -> None:
    assert ask(call, call.body, path=dict.fromkeys(call.path, text)) < 500


@quick
@given(text=odd_texts)
def test_no_query_makes_a_500(text: str) -> None:
    call = next(each for each in CALLS if each.query)
    assert ask(call, None, query={"limit": text}) in (200, 400)


RAW = (
    "[" * 60_000,
    '{"a":' * 10_000,
    '{"reason": 1e999}',
    '{"reason": NaN}',
    '{"reason": ' + "9" * 5_000 + "}",
    '"text"',
    "\ufeff{}",
    "{",
    "\x00",
    '{"reason": "\\ud83d"}',
    "\ud83d",
)


@every_call
@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_no_raw_body_makes_a_500(call: HttpCall, raw: str) -> None:
    assert ask(call, raw) < 500


# -- the socket


def talking(kind: str) -> tuple[FakePorts, str]:
    ports, ids = house()
    context = {"expiresAt": "4102444800.0", "kind": kind}
    if kind == "agent":
        context |= {"instanceId": AGENT, "bootNonce": NONCE}
    else:
        context |= {"sessionId": ids["{session}"], "epoch": "1", "viewerId": "ada"}
    opened = handle_of("record_connection")(socket_event("c", event_type="CONNECT", **context), ports)
    assert opened["statusCode"] == 200
    return ports, ids["{session}"]


FRAME = {"kind": "frame", "sequence": 1, "part": 1, "parts": 1, "data": "{}", "sessionId": "ses-1", "joinNumber": 1}


@pytest.mark.parametrize("kind", ["viewer", "agent"])
@quick
@given(frame=changed(FRAME))
@example(frame={**FRAME, "data": "abc\ud83d"})
@example(frame={**FRAME, "sessionId": "\ud83d"})
@example(frame={**FRAME, "sessionId": "x" * 3000})
def test_no_frame_fails(kind: str, frame: Any) -> None:
    ports, session_id = talking(kind)
    if frame.get("sessionId") == "ses-1":
        frame["sessionId"] = session_id
    assert handle_of("relay_frame")(socket_event("c", frame), Wired(ports))["statusCode"] == 200
    for _, sent in ports.socket.frames:
        str(sent.get("data", "")).encode()


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_no_raw_frame_fails(raw: str) -> None:
    ports, _ = talking("viewer")
    event = {**socket_event("c"), "body": raw}
    assert handle_of("relay_frame")(event, Wired(ports))["statusCode"] == 200
    assert ports.socket.to("c", "refused")


@quick
@given(ticket=odd_values)
def test_no_ticket_fails(ticket: Any) -> None:
    ports, _ = house()
    event = {"queryStringParameters": {"ticket": ticket}, "methodArn": "arn:method"}
    policy = handle_of("authorize_connection")(event, Wired(ports))
    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Deny"
