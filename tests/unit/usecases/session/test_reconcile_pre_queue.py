"""A pre-queue follows its event: moved, cancelled, begun already, or no longer asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.pool.pool import Admission
from greenroom.domain.session.session import Session, SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.event.schedule_event import cancel_event, edit_event
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.reaper.reconcile_fleet import reconcile_fleet
from greenroom.usecases.session.reconcile_pre_queue import reconcile_pre_queue
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.events import scheduled
from tests.fakes.stage import add_slot, launch, stage
from tests.fakes.store import change_application, session_of

MINUTE = 60.0
Wish = Callable[[ScheduledEvent], ScheduledEvent]


def pre_queue(**facts: bool) -> tuple[FakePorts, ScheduledEvent]:
    """Ada waits for an event that begins in 4 minutes."""
    ports = stage(0)
    change_application(ports, admission=Admission.AUTOMATIC)
    event = scheduled(ports, ahead_s=7200, **facts)
    ports.time = event.start - 4 * MINUTE
    launch(ports)
    return ports, event


def ada(ports: FakePorts) -> Session:
    return session_of(ports, "ada")


def moved_by(seconds: float) -> Wish:
    return lambda event: replace(event, start=event.start + seconds, end=event.end + seconds)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("minutes", [-3, 1, 50])
def test_who_waits_for_an_event_that_moves_waits_for_its_new_start(minutes: float, shuffle: bool) -> None:
    ports, event = pre_queue(shuffle=shuffle)
    after = edit_event(event.event_id, moved_by(minutes * MINUTE), "op", ports)
    reconcile_pre_queue("demo", ports)
    held = ada(ports)
    assert held.not_before == after.start == event.start + minutes * MINUTE
    assert held.deadline_at == after.start + held.limits.placement_timeout_s
    add_slot(ports, "i-000000a0", SlotState.FREE)
    ports.time = after.start - 0.001
    assert dispatch_line("demo", ports) == 0
    ports.time = after.start
    assert dispatch_line("demo", ports) == 1


@pytest.mark.parametrize(
    ("desc", "change"),
    [
        ("cancelled", lambda event, ports: cancel_event(event.event_id, "op", ports)),
        ("moved by a day", lambda event, ports: edit_event(event.event_id, moved_by(86_400), "op", ports)),
    ],
)
def test_who_waits_for_an_event_that_will_not_come_is_told_and_holds_nothing(
    desc: str, change: Callable[[ScheduledEvent, FakePorts], object]
) -> None:
    ports, event = pre_queue()
    change(event, ports)
    reconcile_pre_queue("demo", ports)
    told = ada(ports)
    assert (told.state, told.status_reason) == (SessionState.ENDING, StatusReason.EVENT_ENDED), desc
    assert ports.line.length("demo") == 0


def test_another_event_that_begins_soon_is_as_good() -> None:
    ports, event = pre_queue()
    other = scheduled(ports, ahead_s=30 * MINUTE)
    cancel_event(event.event_id, "op", ports)
    reconcile_pre_queue("demo", ports)
    assert ada(ports).not_before == other.start


def test_an_application_that_opens_holds_nobody_back() -> None:
    ports, _ = pre_queue()
    change_application(ports, admission=Admission.OPEN)
    add_slot(ports, "i-000000a0", SlotState.FREE)
    reconcile_fleet("me", ports.time, 45, ports)
    assert ada(ports).state is SessionState.ASSIGNED


def test_one_that_closes_lets_go_of_nobody() -> None:
    ports, event = pre_queue()
    change_application(ports, admission=Admission.CLOSED)
    before = ada(ports)
    reconcile_pre_queue("demo", ports)
    assert ada(ports) == before
    assert before.not_before == event.start


def test_an_event_that_stands_changes_nothing() -> None:
    ports, _ = pre_queue()
    before = ada(ports)
    reconcile_pre_queue("demo", ports)
    assert ada(ports) == before
