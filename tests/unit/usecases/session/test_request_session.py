"""Press Play: the claim, its limits, the line."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from contextlib import suppress

import pytest
from greenroom.domain.errors import KillSwitchThrown, NotFound, ViewerLimitReached
from greenroom.domain.journal.quota import QuotaRecounted
from greenroom.domain.quota.quota import KillSwitch
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.release_slot import release_slot
from greenroom.usecases.session.request_session import SessionRequest, request_session
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import add_slot, launch, slot_of, stage
from tests.fakes.store import (
    all_sessions,
    beside,
    counted_for,
    free_entries,
    line_of,
    lost_claims,
    miscount_free,
    miscount_viewer,
)


def test_a_free_slot_is_assigned_at_once_and_the_row_tells_the_whole_story() -> None:
    ports = stage(1)
    launched = launch(ports)
    session, slot = launched.session, slot_of(ports, launched.session)
    assert session.state is SessionState.ASSIGNED
    assert launched.ticket is not None
    assert (slot.state, slot.epoch, slot.session_id) == (SlotState.RESERVED, 1, session.session_id)
    assert slot.lease_until == ports.now() + 60
    assert session.deadline_at == ports.now() + 120
    assert set(session.transitions) == {SessionState.REQUESTED, SessionState.ASSIGNED}
    assert session.assignment is not None
    assert (session.assignment.instance_type, session.assignment.market) == ("g5.xlarge", "spot")
    assert not free_entries(ports)
    assert ports.bus.kinds() == ["SessionRequested"]


def test_without_a_free_slot_the_session_waits_in_line_and_capacity_is_asked_for_once() -> None:
    ports = stage(0)
    first, second = launch(ports, "ada"), launch(ports, "bob")
    assert (first.session.state, first.place, first.ticket) == (SessionState.QUEUED, 1, None)
    assert (second.session.state, second.place) == (SessionState.QUEUED, 2)
    assert ports.bus.kinds() == ["SessionRequested", "PoolChanged", "SessionRequested"]


def test_a_newcomer_never_overtakes_the_line() -> None:
    ports = stage(0)
    waiting = launch(ports, "ada").session
    add_slot(ports, "i-00000001", SlotState.FREE)
    newcomer = launch(ports, "bob")
    assert ports.sessions.get(waiting.session_id).state is SessionState.ASSIGNED
    assert newcomer.session.state is SessionState.QUEUED


def test_the_same_client_token_is_the_same_session() -> None:
    ports = stage(2)
    first, again = launch(ports, token="t1"), launch(ports, token="t1")
    assert again.repeated
    assert again.ticket is not None
    assert again.session.session_id == first.session.session_id
    assert len(all_sessions(ports)) == 1


def test_a_second_session_of_one_viewer_is_refused_with_the_running_one_until_it_is_over() -> None:
    ports = stage(2)
    running = launch(ports, token="t1").session
    with pytest.raises(ViewerLimitReached) as refused:
        launch(ports, token="t2")
    assert refused.value.session_id == running.session_id
    leave_session(running.session_id, "ada", ports)
    with pytest.raises(ViewerLimitReached):  # leaving is not over: the slot is not given back yet
        launch(ports, token="t3")
    release_slot(running.session_id, ports)
    assert launch(ports, token="t4").session.state is SessionState.ASSIGNED


def ended(ports: FakePorts, token: str) -> str:
    """The id of a session of ada's that is over."""
    session = launch(ports, token=token).session
    leave_session(session.session_id, "ada", ports)
    return release_slot(session.session_id, ports).session_id


@pytest.mark.parametrize("is_over", [True, False], ids=["over", "never written"])
def test_a_counter_that_names_a_session_which_is_gone_keeps_nobody_out(is_over: bool) -> None:
    """Who has no session is in no index: the reaper would never come by."""
    ports = stage(2)
    gone = ended(ports, "t1") if is_over else "ses-of-a-torn-backup"
    miscount_viewer(ports, "ada", gone)
    session = launch(ports, token="t2").session
    assert session.state is SessionState.ASSIGNED
    assert counted_for(ports, "ada") == {session.session_id}
    written = ports.memory.entries(QuotaRecounted)
    assert [(each.entities, each.facts()) for each in written] == [(("VIEWER#ada",), {"sessionId": gone})]


def test_a_counter_loses_what_is_gone_and_keeps_what_runs() -> None:
    ports = stage(3)
    running = launch(ports, token="t1").session.session_id
    miscount_viewer(ports, "ada", running, "ses-a", "ses-b")
    with pytest.raises(ViewerLimitReached) as refused:
        launch(ports, token="t2")
    assert refused.value.session_id == running
    assert counted_for(ports, "ada") == {running}


def test_who_is_refused_for_a_session_that_ends_in_this_moment_gets_in() -> None:
    ports = stage(2)
    running = launch(ports, token="t1").session.session_id

    def end_it(step: str) -> None:
        if step == "quota_counters.live_of_viewer":
            ports.memory.between = lambda step: None
            leave_session(running, "ada", ports)
            release_slot(running, ports)

    ports.memory.between = end_it
    assert launch(ports, token="t2").session.state is SessionState.ASSIGNED
    assert not ports.memory.entries(QuotaRecounted)


def test_a_closed_house_is_told_also_to_whom_a_counter_is_wrong_about() -> None:
    ports = stage(1)
    miscount_viewer(ports, "ada", "ses-gone")
    ports.quotas.throw(KillSwitch("bad build", ports.now(), "op"))
    with pytest.raises(KillSwitchThrown):
        launch(ports)


def test_a_refusal_that_is_right_is_looked_at_and_writes_nothing() -> None:
    ports = stage(2)
    running = launch(ports, token="t1").session
    steps: list[str] = []
    ports.memory.between = steps.append
    with pytest.raises(ViewerLimitReached):
        launch(ports, token="t2")
    assert steps.count("claims.claim") == 1
    assert "quota_counters.correct_viewer" not in steps
    assert counted_for(ports, "ada") == {running.session_id}


def test_fifty_launches_at_once_under_a_wrong_counter_are_one_session() -> None:
    ports = stage(20)
    miscount_viewer(ports, "ada", "ses-gone")
    outcomes = _fifty_at_once(ports, viewer="ada")
    assert outcomes == [SessionState.ASSIGNED]
    assert len(all_sessions(ports)) == len(counted_for(ports, "ada")) == 1
    assert len(ports.memory.entries(QuotaRecounted)) == 1


def test_an_unknown_application_writes_nothing() -> None:
    ports = stage(1)
    with pytest.raises(NotFound):
        request_session(SessionRequest("ada", "acme", "nowhere", "t1"), ports)
    assert not all_sessions(ports)


def test_a_counter_that_wrongly_says_empty_costs_a_detour_and_no_slot() -> None:
    ports = stage(1)
    miscount_free(ports, 0)
    assert launch(ports).session.state is SessionState.ASSIGNED


def test_a_counter_that_nobody_has_begun_costs_a_detour_and_no_slot() -> None:
    ports = stage(1)
    miscount_free(ports, None)
    launched = launch(ports)
    assert (launched.session.state, launched.place) == (SessionState.ASSIGNED, None)
    assert launched.ticket is not None


def test_who_gets_a_slot_from_somebody_else_while_the_forecast_is_made_is_told_of_it() -> None:
    ports = stage(0)

    def between(step: str) -> None:
        if step == "sessions.record_eta":
            ports.memory.between = lambda _: None
            add_slot(ports, "i-00000001", SlotState.FREE)
            assert dispatch_line("demo", ports) == 1

    ports.memory.between = between
    launched = launch(ports)
    assert (launched.session.state, launched.place) == (SessionState.ASSIGNED, None)
    assert launched.ticket is not None


@pytest.mark.parametrize("slots", [1, 20])
def test_fifty_at_once_on_fewer_slots_fill_each_slot_once_and_the_rest_wait(slots: int) -> None:
    ports = stage(slots)
    in_flight = threading.Barrier(16)
    arrived = itertools.count()

    def hold_the_first_sixteen(step: str) -> None:
        if step == "claims.claim" and next(arrived) < 16:
            in_flight.wait(timeout=10)

    ports.memory.between = hold_the_first_sixteen
    outcomes = _fifty_at_once(ports)
    final = Counter(each.state for each in all_sessions(ports))
    assert len(outcomes) == 50
    assert final == {SessionState.ASSIGNED: slots, SessionState.QUEUED: 50 - slots}
    held = [each.assignment.slot_id for each in all_sessions(ports) if each.assignment]
    assert len(held) == len(set(held)) == slots
    assert len(line_of(ports)) == 50 - slots
    assert lost_claims(ports) > 0, "no claim lost: this was no race"


def _fifty_at_once(ports: FakePorts, viewer: str | None = None) -> list[SessionState]:
    """Of fifty viewers, or fifty times of one; without those who were refused."""
    start = threading.Barrier(50)
    outcomes: list[SessionState] = []

    def play(number: int) -> None:
        own = beside(ports, seed=number)
        own.new_id = lambda prefix: f"{prefix}-{number:026d}"  # type: ignore[method-assign]
        start.wait()
        with suppress(ViewerLimitReached):
            launched = request_session(SessionRequest(viewer or f"viewer{number}", "acme", "demo", f"t{number}"), own)
            outcomes.append(launched.session.state)

    players = [threading.Thread(target=play, args=(number,)) for number in range(50)]
    for each in players:
        each.start()
    for each in players:
        each.join()
    return outcomes
