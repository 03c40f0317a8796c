"""Nobody waits in the dark: who stands in line is told when and why, again and again, and the promise is judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from greenroom.domain.instance.launch import LaunchState
from greenroom.domain.journal.session import EtaJudged
from greenroom.domain.pool.pool import Halt
from greenroom.domain.session.eta import NOTIFIED_EVERY_S, Eta, is_due
from greenroom.domain.session.session import Session, SessionState
from greenroom.domain.session.session_length import SessionLength
from greenroom.domain.session.session_view import session_view
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.forecast_reason import Situation, duration, reason_of
from greenroom.planning.plan_capacity import plan_capacity
from greenroom.usecases.line.forecast_line import forecast_line
from greenroom.usecases.line.notify_waiting import notify_those_behind, notify_waiting
from greenroom.usecases.line.publish_slot import publish_slot
from greenroom.usecases.pool.read_snapshot import read_snapshot
from greenroom.usecases.reaper.reconcile_fleet import reconcile_fleet
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.release_slot import release_slot
from greenroom.usecases.socket.relay_frame import relay_frame
from greenroom_lab.memory.ports import FakePorts

from tests.builders import a_connection, a_launch, a_policy
from tests.fakes.stage import joined, launch, slot_of, stage
from tests.fakes.store import change, change_application, change_pool, put, session_of, slots_of


def full(slots: int = 2, maximum: int | None = None) -> FakePorts:
    """Everybody plays; the pool may not grow."""
    ports = stage(slots)
    change_pool(ports, policy=a_policy(maximum=maximum or slots))
    for number in range(slots):
        launch(ports, f"player{number}")
    return ports


def waits(ports: FakePorts, viewer: str) -> Session:
    """In line, with a page."""
    session = launch(ports, viewer).session
    assert session.state is SessionState.QUEUED
    return joined(ports, session, f"page-of-{viewer}")


def told(ports: FakePorts, viewer: str) -> list[dict[str, Any]]:
    return ports.socket.to(f"page-of-{viewer}", "eta")


def measured(ports: FakePorts, seconds: float = 100.0) -> None:
    for _ in range(20):
        ports.pools.record_length("demo", SessionLength(seconds, ports.now() - 3600))


def test_a_queued_launch_answers_with_a_forecast_and_its_view_keeps_it() -> None:
    ports = full()
    launched = launch(ports, "ada")
    eta = launched.session.eta
    assert eta is not None
    assert ports.now() < eta.p50 <= eta.p90
    assert session_view(launched.session, 1)["eta"]["reason"].startswith("you are next; the next server is free in")
    assert ports.sessions.get(launched.session.session_id).eta == eta


def test_everyone_who_waits_is_told_every_pass_and_nobody_between() -> None:
    ports = full()
    for viewer in ("ada", "bob"):
        waits(ports, viewer)
    assert notify_waiting("demo", ports) == 0  # the launch itself told them a moment ago
    ports.time += 10
    assert notify_waiting("demo", ports) == 2
    frame = told(ports, "bob")[-1]
    assert (frame["place"], frame["eta"]["reason"].split(";")[0]) == (2, "1 person is ahead of you")
    ports.time += 3
    assert notify_waiting("demo", ports) == 0
    assert len(told(ports, "ada")) == 1


def test_the_version_of_a_session_stays() -> None:
    ports = full()
    session = waits(ports, "ada")
    ports.time += 10
    notify_waiting("demo", ports)
    assert ports.sessions.get(session.session_id).version == session.version


def test_the_reaper_tells_them() -> None:
    ports = full()
    waits(ports, "ada")
    ports.time += 10
    reconcile_fleet("one", ports.now(), 10_000, ports)
    assert told(ports, "ada")


def test_when_the_line_moves_those_behind_hear_it_at_once() -> None:
    ports = full()
    ada, bob = waits(ports, "ada"), waits(ports, "bob")
    player = session_of(ports, "player0")
    slot = slot_of(ports, player)
    leave_session(player.session_id, "player0", ports)
    release_slot(player.session_id, ports)
    publish_slot(ports.slots.get(slot.slot_id), ports)
    assert ports.sessions.get(ada.session_id).state is SessionState.ASSIGNED
    assert told(ports, "bob")[-1]["place"] == 1
    assert told(ports, "ada") == []
    assert session_view(ports.sessions.get(ada.session_id))["eta"] is None
    assert ports.sessions.get(bob.session_id).eta_shown is not None


def test_when_somebody_cancels_those_behind_hear_it_at_once() -> None:
    ports = full()
    ada, bob = waits(ports, "ada"), waits(ports, "bob")
    waits(ports, "eve")
    leave_session(bob.session_id, "bob", ports)
    notify_those_behind(release_slot(bob.session_id, ports), ports)
    assert [each["place"] for each in told(ports, "eve")] == [2]
    assert told(ports, "ada") == []
    leave_session(ada.session_id, "ada", ports)
    notify_those_behind(release_slot(ada.session_id, ports), ports)
    assert [each["place"] for each in told(ports, "eve")] == [2, 1]


def test_who_leaves_a_slot_moves_nobody_up_until_it_is_handed_over() -> None:
    ports = full()
    waits(ports, "ada")
    ports.time += 10
    player = session_of(ports, "player0")
    leave_session(player.session_id, "player0", ports)
    notify_those_behind(release_slot(player.session_id, ports), ports)
    assert told(ports, "ada") == []


def test_it_costs_one_query_when_nobody_waits() -> None:
    ports, steps = full(), []
    ports.memory.between = steps.append
    assert notify_waiting("demo", ports) == 0
    assert steps == []


def test_everyone_in_line_is_told_and_a_dispatch_tells_the_nearest_only() -> None:
    ports = full()
    for number in range(30):
        launch(ports, f"viewer{number}")
        ports.time += 0.001
    ports.time += 10
    assert notify_waiting("demo", ports, 20) == 20
    assert notify_waiting("demo", ports) == 10


def test_when_telling_takes_too_long_the_rest_hear_it_from_the_next_pass() -> None:
    ports = full()
    for number in range(4):
        launch(ports, f"viewer{number}")
    ports.time += 10
    ports.memory.between = lambda step: wait(ports, 8 if step == "sessions.record_eta" else 0)
    assert notify_waiting("demo", ports) == 2
    ports.memory.between = lambda step: None
    assert notify_waiting("demo", ports) == 4


def wait(ports: FakePorts, seconds: float) -> None:
    ports.time += seconds


def test_the_first_forecast_is_judged_when_the_slot_comes() -> None:
    ports = full(1)
    measured(ports)
    ada = waits(ports, "ada")
    first = ada.eta_shown
    assert first is not None
    player = session_of(ports, "player0")
    ports.time += 40
    notify_waiting("demo", ports)
    assert ports.sessions.get(ada.session_id).eta_shown == first
    slot = slot_of(ports, player)
    leave_session(player.session_id, "player0", ports)
    release_slot(player.session_id, ports)
    publish_slot(ports.slots.get(slot.slot_id), ports)
    entry = ports.memory.entries(EtaJudged)[0]
    assert entry.entities == (f"SESSION#{ada.session_id}",)
    assert entry.facts() == {
        "poolId": "demo",
        "wait_s": 40.0,
        "p50_s": pytest.approx(first.p50 - first.at, abs=0.01),
        "p90_s": pytest.approx(first.p90 - first.at, abs=0.01),
        "within": True,
    }
    assert ports.metrics.etas == [("demo", 40.0, True)]


def test_a_session_that_ended_by_itself_is_remembered_once_and_others_are_not() -> None:
    ports = stage(2)
    ada, bob = launch(ports, "ada").session, launch(ports, "bob").session
    ports.time += 100
    leave_session(ada.session_id, "ada", ports)
    ports.time += 5
    release_slot(ada.session_id, ports)
    release_slot(ada.session_id, ports)
    release_slot(bob.session_id, ports)  # nobody decided: internalError
    assert ports.pools.read("demo").session_lengths == (SessionLength(100.0, ports.now() - 5),)


# -- sources


def test_a_boot_under_way_counts_by_its_age() -> None:
    ports = full(1, maximum=1)
    waits(ports, "ada")
    for _ in range(10):
        ports.pools.record_boot("demo", 100.0)
    put(ports, a_launch("lch-9", LaunchState.LAUNCHED, deadline_at=ports.now() + 600))
    eta = forecast_line("demo", ports).eta(1)
    assert eta.p50 - ports.now() == pytest.approx(100, rel=0.1)
    assert eta.reason.startswith("you are next; 1 server is starting, ready in about 1:4")
    assert eta.reason.endswith("; no more servers can be added")


def test_a_pool_without_any_source_promises_a_whole_boot() -> None:
    ports = stage(0)
    eta = forecast_line("demo", ports).eta(4)
    assert 60 < eta.p50 - ports.now() < 900
    assert eta.reason == "3 people are ahead of you; a server will be started next"


def test_a_halted_pool_says_so_and_a_dry_market_when_it_is_tried_again() -> None:
    ports = stage(0)
    launch(ports, "ada")
    assert plan_capacity(read_snapshot("demo", ports).snapshot).launches
    ports.pools.record_launch_failed("demo", ports.now() + 120)
    dry = forecast_line("demo", ports).eta(1)
    assert dry.reason == "you are next; the cloud provider has no server available now; we ask again at 08:02 UTC"
    assert dry.p50 - ports.now() > 120
    ports.pools.halt("demo", Halt("broken image of customer X", ports.now(), "ada"))
    assert forecast_line("demo", ports).eta(1).reason == "you are next; no servers are added at the moment"


NO_PLACES = "you are next; there are no servers, and none can be added now"


@pytest.mark.parametrize(
    ("desc", "maximum", "slots_per_instance", "markets", "longest_s", "reason"),
    [
        ("an instance can come", 4, 1, ("spot", "on-demand"), 600, None),
        ("nothing is allowed", 0, 1, ("spot", "on-demand"), 600, NO_PLACES),
        ("an instance has more slots than are allowed", 4, 8, ("spot", "on-demand"), 600, NO_PLACES),
        ("Spot alone, and sessions too long for it", 4, 1, ("spot",), 3 * 3600, NO_PLACES),
        ("on-demand takes the long ones", 4, 1, ("spot", "on-demand"), 3 * 3600, None),
    ],
)
def test_no_instance_is_promised_where_none_can_be_started(
    desc: str, maximum: int, slots_per_instance: int, markets: tuple[str, ...], longest_s: int, reason: str | None
) -> None:
    ports = stage(0)
    change_pool(ports, markets=markets, policy=a_policy(maximum=maximum))
    limits = replace(ports.catalog.application("demo").limits, maximum_session_s=longest_s)
    change_application(ports, slots_per_instance=slots_per_instance, limits=limits)
    launch(ports, "ada")
    said = forecast_line("demo", ports).eta(1).reason
    if reason is None:
        assert said.startswith("you are next; 1 server is about to start, ready in about"), desc
    else:
        assert said == reason, desc
        ports.pools.record_launch_failed("demo", ports.now() + 120)  # trying again would help nobody
        assert forecast_line("demo", ports).eta(1).reason == reason, desc


def test_a_pool_at_its_maximum_says_when_the_next_place_is_free_and_that_no_more_come() -> None:
    ports = full(1, maximum=1)
    waits(ports, "ada")
    said = forecast_line("demo", ports).eta(1).reason
    assert said.startswith("you are next; the next server is free in about")
    assert said.endswith("; no more servers can be added")


def test_slots_being_reset_come_first() -> None:
    ports = full(3)
    slot = slots_of(ports)[0]
    change(ports, slot, state=SlotState.RESETTING, session_id=None, deadline_at=ports.now() + 28)
    assert forecast_line("demo", ports).eta(1).p90 - ports.now() < 20


@pytest.mark.parametrize(
    ("place", "situation", "reason"),
    [
        (
            4,
            Situation(warming=2, first_ready_s=100),
            "3 people are ahead of you; 2 servers are starting, the first is ready in about 1:40",
        ),
        (
            2,
            Situation(warming=1, first_ready_s=59.6),
            "1 person is ahead of you; 1 server is starting, ready in about 1:00",
        ),
        (
            1,
            Situation(planned=1, planned_ready_s=200),
            "you are next; 1 server is about to start, ready in about 3:20",
        ),
        (
            1,
            Situation(cooldown_until=50_580.0),
            "you are next; the cloud provider has no server available now; we ask again at 14:03 UTC",
        ),
        (1, Situation(next_free_s=5400), "you are next; the next server is free in about 1 h 30 min"),
    ],
)
def test_reasons_in_words(place: int, situation: Situation, reason: str) -> None:
    assert reason_of(place, situation) == reason


def test_durations() -> None:
    assert [duration(each) for each in (0, 5, 65, 3599.6)] == ["0:00", "0:05", "1:05", "1 h 00 min"]


@pytest.mark.parametrize(
    ("desc", "after", "due"),
    [
        ("the same", Eta(2, 200, 400, "", 101), False),
        ("4 s later of 99 left", Eta(2, 204, 400, "", 101), False),
        ("6 s later", Eta(2, 206, 400, "", 101), True),
        ("p90 by 6 s", Eta(2, 200, 406, "", 101), True),
        ("another place", Eta(1, 200, 400, "", 101), True),
        ("said long ago", Eta(2, 200, 400, "", 100 + NOTIFIED_EVERY_S), True),
    ],
)
def test_what_is_told_at_once(desc: str, after: Eta, due: bool) -> None:
    assert is_due(Eta(2, 200, 400, "", 100), after) is due


def test_a_tenth_of_what_is_left_is_told_at_once() -> None:
    assert is_due(Eta(2, 120, 130, "", 100), Eta(2, 122.5, 130, "", 101))


def test_the_welcome_says_it_too() -> None:
    ports = full()
    session = waits(ports, "ada")
    about = {"session_id": session.session_id, "epoch": 0, "join_number": session.join_number, "viewer_id": "ada"}
    page = a_connection("page-of-ada", **about)
    ports.connections.store(page)
    relay_frame("page-of-ada", '{"kind":"hello"}', ports)
    (welcome,) = ports.socket.to("page-of-ada", "welcome")
    assert welcome["session"]["place"] == 1
    assert welcome["session"]["eta"]["reason"].startswith("you are next")
