"""The handlers of scheduled events, with their samples: the doors of operators, and the steps of the machine."""

from __future__ import annotations

from typing import Any

import pytest
from greenroom.domain.times import epoch_seconds, iso
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.events import held
from tests.fakes.stage import stage
from tests.fakes.store import events
from tests.functions.invocations import body_of, handle_of, operate, sample
from tests.functions.openapi import DOCUMENT, fits

POST, PATCH, DELETE = "POST /events", "PATCH /events/{eventId}", "DELETE /events/{eventId}"


def wishes(ports: FakePorts, **changes: Any) -> dict[str, Any]:
    """An hour ahead, for ten minutes."""
    start = ports.now() + 3600
    whole = {"poolId": "demo", "start": iso(start), "end": iso(start + 600), "expectedSessions": 3}
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def made(ports: FakePorts, **changes: Any) -> Any:
    answer = operate("schedule_event", POST, wishes(ports, **changes), ports)
    assert answer["statusCode"] == 201, answer
    return body_of(answer)


def step(ports: FakePorts, event: Any, version: int = 1) -> Any:
    return handle_of("advance_event")({"eventId": event["eventId"], "version": version, "act": "takeSteps"}, ports)


def give_back(ports: FakePorts, event_id: str) -> Any:
    return handle_of("advance_event")({"eventId": event_id, "version": 1, "act": "giveBack"}, ports)


def test_an_event_is_answered_with_its_preflight_as_documented() -> None:
    ports = stage(0)
    event = made(ports, name="Premiere", maximumCost_usd=12.5)
    fits("EventView", event)
    assert set(DOCUMENT["components"]["schemas"]["EventView"]["properties"]) == set(event)
    given = (event["state"], event["version"], event["lead_s"], event["preQueue_s"], event["maximumCost_usd"])
    assert given == ("Scheduled", 1, 1200, 300, 12.5)
    assert event["warmAt"] == event["preflight"]["latestSafeStart"] == iso(ports.now() + 3600 - 1260)
    assert [each["name"] for each in event["preflight"]["checks"]][:2] == ["quota", "image"]
    read = operate("read_events", "GET /events/{eventId}", None, ports, eventId=event["eventId"])
    assert body_of(read) == event


def test_a_local_time_is_read_in_its_zone() -> None:
    ports = stage(0)
    ports.time = epoch_seconds("2026-03-28T12:00:00Z")
    local = {"start": "2026-03-29T20:00:00", "end": "2026-03-29T22:00:00", "timeZone": "Europe/Berlin"}
    event = made(ports, **local)
    assert (event["start"], event["timeZone"]) == ("2026-03-29T18:00:00.000Z", "Europe/Berlin")
    later = operate("schedule_event", PATCH, {"end": "2026-03-29T23:00:00"}, ports, eventId=event["eventId"])
    assert body_of(later)["end"] == "2026-03-29T21:00:00.000Z"
    moved = operate("schedule_event", PATCH, {"timeZone": "UTC"}, ports, eventId=event["eventId"])
    assert (body_of(moved)["start"], body_of(moved)["timeZone"]) == (event["start"], "UTC")


WRONG = [
    ("poolId", {"poolId": "nowhere"}, "no pool"),
    ("poolId", {"poolId": "no pool"}, "must match"),
    ("start", {"start": "tomorrow"}, "must be a time"),
    ("start", {"start": "2030-01-01T12:00:00"}, "timeZone"),
    ("start", {"start": "2020-01-01T12:00:00Z"}, "in the future"),
    ("start", {"start": "2027-03-28T02:30:00", "timeZone": "Europe/Berlin"}, "2027-03-28T03:00:00"),
    ("end", {"end": "2027-03-14T02:00:00", "timeZone": "America/New_York"}, "2027-03-14T03:00:00"),
    ("end", {"end": "2020-01-01T12:00:00Z"}, "after start"),
    ("timeZone", {"timeZone": "Mars/Olympus"}, "IANA"),
    ("timeZone", {"timeZone": 1}, "text"),
    ("expectedSessions", {"expectedSessions": 101}, "maximum of the pool"),
    ("expectedSessions", {"expectedSessions": 1.5}, "whole"),
    ("lead_s", {"lead_s": -1}, "0"),
    ("preQueue_s", {"preQueue_s": 90000}, "86400"),
    ("maximumCost_usd", {"maximumCost_usd": "12"}, "number"),
    ("maximumCost_usd", {"maximumCost_usd": -1}, "number"),
    ("name", {"name": ""}, "text"),
    ("clientToken", {"clientToken": "a b"}, "match"),
    ("lead", {"lead": 5}, "not known"),
]


@pytest.mark.parametrize(("field", "change", "reason"), WRONG)
def test_a_wrong_event_is_refused_by_field_with_the_reason(field: str, change: dict[str, Any], reason: str) -> None:
    ports = stage(0)
    answer = operate("schedule_event", POST, wishes(ports, **change), ports)
    assert (answer["statusCode"], body_of(answer).get("field")) == (400, field)
    assert reason in body_of(answer)["detail"]
    assert not ports.schedules.at
    assert not events(ports)


WRONG_EDITS = [
    ("poolId", {"poolId": "demo"}),
    ("clientToken", {"clientToken": "t"}),
    ("end", {"end": "2020-01-01T12:00:00Z"}),
    ("start", {"start": "noon"}),
    ("expectedSessions", {"expectedSessions": 101}),
]


@pytest.mark.parametrize(("field", "change"), WRONG_EDITS)
def test_a_wrong_edit_is_refused_by_field_and_changes_nothing(field: str, change: dict[str, Any]) -> None:
    ports = stage(0)
    event = made(ports)
    answer = operate("schedule_event", PATCH, change, ports, eventId=event["eventId"])
    assert (answer["statusCode"], body_of(answer).get("field")) == (400, field)
    read = operate("read_events", "GET /events/{eventId}", None, ports, eventId=event["eventId"])
    assert body_of(read) == event


def test_a_repeated_call_is_answered_with_the_same_event() -> None:
    ports = stage(0)
    event = made(ports, clientToken="t")
    again = operate("schedule_event", POST, wishes(ports, clientToken="t"), ports)
    assert (again["statusCode"], body_of(again)) == (200, event)


def test_events_are_listed_by_start_until_they_are_over() -> None:
    ports = stage(0)
    start = ports.now() + 1800
    later, sooner = made(ports), made(ports, start=iso(start), end=iso(start + 60))
    listed = body_of(operate("read_events", "GET /events", None, ports))["events"]
    assert [each["eventId"] for each in listed] == [sooner["eventId"], later["eventId"]]
    cancelled = operate("schedule_event", DELETE, None, ports, eventId=sooner["eventId"])
    assert (cancelled["statusCode"], body_of(cancelled)["state"]) == (200, "Cancelled")
    listed = body_of(operate("read_events", "GET /events", None, ports))["events"]
    assert [each["eventId"] for each in listed] == [later["eventId"]]
    refused = operate("schedule_event", PATCH, {"name": "x"}, ports, eventId=sooner["eventId"])
    assert (refused["statusCode"], body_of(refused)["type"].rpartition("/")[2]) == (409, "event-ended")


def test_only_operators_may_see_or_set_events() -> None:
    ports = stage(0)
    event = made(ports)
    calls = [
        ("schedule_event", POST),
        ("schedule_event", PATCH),
        ("schedule_event", DELETE),
        ("read_events", "GET /events"),
        ("read_events", "GET /events/{eventId}"),
    ]
    for function, route in calls:
        answer = operate(function, route, {}, ports, groups="viewers,tenant-a", eventId=event["eventId"])
        assert answer["statusCode"] == 403, route
    for function, route in calls[1:3] + calls[4:]:
        assert operate(function, route, {}, ports, eventId="evt-nothing")["statusCode"] == 404, route


def test_the_samples_are_understood() -> None:
    ports = stage(0)
    ports.time = epoch_seconds("2099-01-31T12:00:00Z")
    answer = handle_of("schedule_event")(sample("schedule_event"), ports)
    assert answer["statusCode"] == 201
    assert body_of(answer)["start"] == "2099-02-01T19:00:00.000Z"
    assert len(body_of(handle_of("read_events")(sample("read_events"), ports))["events"]) == 1
    event = ports.events.get(body_of(answer)["eventId"])
    assert set(sample("advance_event")) == {"eventId", "version", "act"}
    assert handle_of("advance_event")({**sample("advance_event"), "eventId": event.event_id}, ports)["nextStepAt"]
    assert give_back(ports, event.event_id) == {"state": "Scheduled"}


def test_the_machine_is_told_when_to_come_again() -> None:
    ports = stage(0)
    event = made(ports)
    start = epoch_seconds(event["start"])
    assert step(ports, event) == {"nextStepAt": iso(start - 1260)}
    ports.time = start - 1260
    assert step(ports, event) == {"nextStepAt": iso(start - 300)}
    assert held(ports) == {event["eventId"]: 3}
    ports.time = start + 600
    assert step(ports, event) == {"nextStepAt": None}
    assert held(ports) == {}


def test_a_machine_never_sleeps_over_news() -> None:
    """Boots measured meanwhile move the steps."""
    ports = stage(0)
    start = ports.now() + 40 * 3600
    event = made(ports, start=iso(start), end=iso(start + 60))
    assert step(ports, event) == {"nextStepAt": iso(ports.now() + 3600)}


def test_the_machine_of_an_earlier_version_ends_quietly() -> None:
    ports = stage(0)
    event = made(ports)
    operate("schedule_event", PATCH, {"expectedSessions": 4}, ports, eventId=event["eventId"])
    ports.time = epoch_seconds(event["start"])
    assert step(ports, event, version=1) == {"nextStepAt": None}
    assert held(ports) == {}
    assert step(ports, event, version=2)["nextStepAt"]
    assert held(ports) == {event["eventId"]: 4}


def test_a_step_taken_by_half_is_undone() -> None:
    ports = stage(0)
    event = made(ports)
    ports.pools.reserve_for_event("demo", event["eventId"], 3, 0.0)
    assert give_back(ports, event["eventId"]) == {"state": "Scheduled"}
    assert held(ports) == {}
