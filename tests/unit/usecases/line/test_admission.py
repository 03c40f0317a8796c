"""Who may come when: closed, automatic around events, their pre-queue in order or by lot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from greenroom.domain.errors import ApplicationClosed, NotOpenYet, ViewerLimitReached
from greenroom.domain.line.line import order_of
from greenroom.domain.pool.pool import Admission
from greenroom.domain.session.session import Session, SessionState
from greenroom.usecases.event.advance_event import advance_event
from greenroom.usecases.event.schedule_event import cancel_event
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.line.notify_waiting import notify_waiting
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.pool.read_snapshot import read_snapshot
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.release_slot import release_slot
from greenroom.usecases.session.request_session import SessionRequest, request_session
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.events import scheduled
from tests.fakes.launching import policy
from tests.fakes.stage import fill, launch, stage
from tests.fakes.store import all_sessions, change_application, change_pool, session_of

PRE_QUEUE_S = 300


def admitting(admission: Admission, slots: int = 0) -> FakePorts:
    ports = stage(slots)
    change_application(ports, admission=admission)
    return ports


def served(ports: FakePorts) -> list[str]:
    """Viewers who have a slot, by when they got it; those of one moment in the order of their slots' handing over."""
    return [each.viewer_id for each in all_sessions(ports) if each.assignment]


def test_a_closed_application_takes_nobody_and_lets_go_of_nobody() -> None:
    ports = admitting(Admission.OPEN, 2)
    running = launch(ports, "ada").session
    change_application(ports, admission=Admission.CLOSED)
    with pytest.raises(ApplicationClosed):
        launch(ports, "bob")
    assert len(all_sessions(ports)) == 1
    assert launch(ports, "ada").session.session_id == running.session_id
    with pytest.raises(ViewerLimitReached):
        launch(ports, "ada", "another")


def test_automatic_admission_says_when_it_opens() -> None:
    ports = admitting(Admission.AUTOMATIC, 1)
    with pytest.raises(NotOpenYet) as nothing:
        launch(ports)
    assert nothing.value.opens_at is None
    event = scheduled(ports, ahead_s=7200)
    cancelled = scheduled(ports, ahead_s=3600)
    cancel_event(cancelled.event_id, "op", ports)
    with pytest.raises(NotOpenYet) as later:
        launch(ports)
    assert later.value.opens_at == event.start - PRE_QUEUE_S
    assert not all_sessions(ports)


def at(ports: FakePorts, moment: float) -> None:
    ports.time = moment


def test_the_pre_queue_waits_for_the_start_beside_free_slots_and_is_served_then() -> None:
    ports = admitting(Admission.AUTOMATIC)
    event = scheduled(ports, ahead_s=7200)
    at(ports, event.start - PRE_QUEUE_S)
    fill(ports, 2)
    first = launch(ports, "ada")
    ports.time += 1
    second, third = launch(ports, "bob"), launch(ports, "eve")
    assert [each.place for each in (first, second, third)] == [1, 2, 3]
    assert first.session.not_before == event.start
    assert first.session.deadline_at == event.start + first.session.limits.placement_timeout_s
    at(ports, event.start - 0.001)
    assert dispatch_line("demo", ports) == 0
    at(ports, event.start)
    advance_event(event.event_id, ports, dispatch=lambda pool_id: dispatch_line(pool_id, ports))
    assert served(ports) == ["ada", "bob"]
    assert launch(ports, "new").session.state is SessionState.QUEUED  # as open: behind who waits
    at(ports, event.end)
    with pytest.raises(NotOpenYet):
        launch(ports, "late")


def test_who_waits_for_an_event_is_promised_its_start_and_told_so() -> None:
    ports = admitting(Admission.AUTOMATIC)
    event = scheduled(ports, ahead_s=7200)
    at(ports, event.start - PRE_QUEUE_S)
    fill(ports, 2)
    first = launch(ports, "ada").session.eta
    assert first is not None
    assert first.p50 == pytest.approx(event.start, abs=10)
    assert event.start < first.p90 < event.start + 30
    assert first.reason == f"you are next; the event begins at {clock(event.start)} UTC"
    ports.time += 60
    notify_waiting("demo", ports)
    told = session_of(ports, "ada").eta
    assert told is not None
    assert (told.at, told.p50) == (ports.time, pytest.approx(event.start, abs=10))


def clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M")


def test_without_a_machine_the_first_to_come_after_the_start_sets_the_line_going() -> None:
    ports = admitting(Admission.AUTOMATIC)
    event = scheduled(ports, ahead_s=7200)
    at(ports, event.start - 10)
    fill(ports, 2)
    launch(ports, "ada")
    at(ports, event.start + 1)
    assert launch(ports, "bob").session.state is SessionState.ASSIGNED
    assert served(ports) == ["ada", "bob"]


def test_who_may_be_served_now_is_not_held_up_by_the_pre_queue() -> None:
    """A session that came after the application was opened, or one that lost its slot, behind a tier's head start."""
    ports = admitting(Admission.AUTOMATIC)
    change_pool(ports, tiers={"standard": 0, "vip": 600})
    event = scheduled(ports, ahead_s=7200)
    at(ports, event.start - 100)
    early = request_session(SessionRequest("vip", "acme", "demo", "t", frozenset({"tier-vip"})), ports)
    change_application(ports, admission=Admission.OPEN)
    waiting = launch(ports, "ada")
    assert (early.place, waiting.place) == (1, 2)
    fill(ports, 2)
    assert dispatch_line("demo", ports) == 1
    assert served(ports) == ["ada"]


def test_a_shuffled_pre_queue_is_drawn_by_lot_and_nobody_draws_twice() -> None:
    ports = admitting(Admission.AUTOMATIC)
    event = scheduled(ports, ahead_s=7200, shuffle=True)
    came: list[Session] = []
    for number in range(12):
        at(ports, event.start - PRE_QUEUE_S + number)
        came.append(launch(ports, f"v{number:02}").session)
    assert all(event.start - PRE_QUEUE_S <= order_of(each) <= event.start for each in came)
    in_line = [each.viewer_id for each in sorted(came, key=order_of)]
    assert in_line != sorted(in_line)
    leave_session(came[3].session_id, "v03", ports)
    release_slot(came[3].session_id, ports)
    again = launch(ports, "v03", "another").session
    assert order_of(again) == order_of(came[3])
    fill(ports, 5)
    at(ports, event.start)
    advance_event(event.event_id, ports, dispatch=lambda pool_id: dispatch_line(pool_id, ports))
    assert set(served(ports)) == set(in_line[:5])


def test_slots_held_for_an_event_are_not_asked_for_again_by_its_pre_queue() -> None:
    ports = admitting(Admission.AUTOMATIC)
    policy(ports, maximum=100)
    event = scheduled(ports, ahead_s=7200, sessions=3)
    at(ports, event.start - PRE_QUEUE_S)
    advance_event(event.event_id, ports)
    for number in range(4):
        launch(ports, f"v{number}")
    snapshot = read_snapshot("demo", ports).snapshot
    assert (snapshot.queued, snapshot.held_back, snapshot.event_slots) == (4, 4, 3)
    assert len(plan_pool("demo", ports).launch_ids) == 4
