"""The session's words: edges, moves, facts, and what its viewer sees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import IllegalTransition, StaleEpoch
from greenroom.domain.session.session import (
    LIVE_STATES,
    OVERDUE_REASONS,
    SESSION_TRANSITIONS,
    TERMINAL_STATES,
    Moving,
    Session,
    SessionMove,
    SessionState,
    StatusReason,
    fact_for,
    migrating,
    moved,
    overdue_reason,
    sources_of,
)
from greenroom.domain.session.session_view import session_view
from greenroom.domain.slot.slot import instance_of, slot_id_of
from greenroom.domain.times import epoch_seconds, iso
from hypothesis import given
from hypothesis import strategies as some

from tests.builders import a_session

NOW = 1_800_000_000.0


def session(state: SessionState = SessionState.ASSIGNED, awaits: str | None = None) -> Session:
    token = "token" if awaits else None
    return a_session(state=state, deadline_at=NOW + 60, awaits=awaits, task_token=token, transitions={})


def test_every_live_state_may_end_and_has_a_reason_for_staying_too_long() -> None:
    assert sources_of(SessionState.ENDING) == LIVE_STATES
    assert set(OVERDUE_REASONS) == LIVE_STATES


def test_terminal_states_absorb() -> None:
    assert all(not SESSION_TRANSITIONS[state] for state in TERMINAL_STATES)


@given(some.sampled_from(SessionState), some.sampled_from(SessionState), some.integers(0, 2), some.integers(0, 2))
def test_a_move_keeps_to_its_edges_or_changes_nothing(
    before: SessionState, after: SessionState, epoch: int, join_number: int
) -> None:
    move = SessionMove(after, NOW, sources_of(after), epoch=epoch, join_number=join_number)
    try:
        result = moved(session(before), move)
    except StaleEpoch:
        assert epoch != 0
    except IllegalTransition:
        assert join_number != 0 or after not in SESSION_TRANSITIONS[before]
    else:
        assert after in SESSION_TRANSITIONS[before]
        assert (result.state, result.version, result.transitions[after]) == (after, 2, NOW)


def test_the_first_reason_and_the_first_entry_stay() -> None:
    ended = moved(
        replace(session(), transitions={SessionState.ENDING: 1.0}, status_reason=StatusReason.USER_LEFT),
        SessionMove(
            SessionState.ENDING, NOW, frozenset({SessionState.ASSIGNED}), status_reason=StatusReason.INTERNAL_ERROR
        ),
    )
    assert (ended.status_reason, ended.transitions[SessionState.ENDING]) == (StatusReason.USER_LEFT, 1.0)


@pytest.mark.parametrize(
    ("state", "awaits", "fact"),
    [
        (SessionState.QUEUED, "slot", None),
        (SessionState.ASSIGNED, "slot", "assigned"),
        (SessionState.CONNECTED, "slot", "assigned"),
        (SessionState.ASSIGNED, "connection", None),
        (SessionState.CONNECTED, "connection", "connected"),
        (SessionState.DISCONNECTED, "connection", "connected"),
        (SessionState.DISCONNECTED, "end", None),
        (SessionState.MIGRATING, "end", "migrated"),
        (SessionState.MIGRATING, "connection", "migrated"),
        (SessionState.MIGRATING, "slot", None),
        (SessionState.ENDING, "slot", "ended"),
        (SessionState.ENDING, "connection", "ended"),
        (SessionState.FAILED, "end", "ended"),
        (SessionState.ENDING, None, None),
    ],
)
def test_which_fact_answers_which_wait(state: SessionState, awaits: str | None, fact: str | None) -> None:
    assert fact_for(session(state, awaits)) == fact


def test_a_view_shows_no_token_and_nobody_elses_data() -> None:
    view = repr(session_view(session(awaits="end")))
    assert "token" not in view
    assert "ada" not in view
    assert "token'" not in repr(session(awaits="end"))


MOVING = Moving(NOW, NOW + 120, StatusReason.SPOT_INTERRUPTED)


def test_a_move_is_shown_until_the_viewer_is_connected_again() -> None:
    moving = migrating(session(SessionState.CONNECTED), MOVING, NOW + 300)
    view = session_view(moving, place=1)
    assert (view["state"], view["place"], view["migrations"]) == ("Migrating", 1, 1)
    assert view["moving"] == {"since": iso(NOW), "pictureUntil": iso(NOW + 120), "reason": "spotInterrupted"}
    assert view["reason"]
    assigned = replace(moving, state=SessionState.ASSIGNED)
    assert session_view(assigned)["moving"] == view["moving"]
    arrived = moved(assigned, SessionMove(SessionState.CONNECTED, NOW, sources_of(SessionState.CONNECTED)))
    assert (session_view(arrived)["moving"], session_view(arrived)["migrations"]) == (None, 1)


def test_a_session_that_ends_while_it_moves_ends_for_what_made_it_move() -> None:
    unhealthy = replace(MOVING, reason=StatusReason.INSTANCE_UNHEALTHY)
    moving = migrating(session(SessionState.CONNECTED), unhealthy, NOW + 300)
    assert overdue_reason(moving, NOW + 300) is StatusReason.INSTANCE_UNHEALTHY
    assert overdue_reason(replace(moving, ends_by=NOW + 300), NOW + 300) is StatusReason.MAX_SESSION_LENGTH


@pytest.mark.parametrize("state", sorted(set(SessionState) - sources_of(SessionState.MIGRATING)))
def test_only_a_session_with_a_slot_of_its_own_moves(state: SessionState) -> None:
    with pytest.raises(IllegalTransition):
        migrating(session(state), MOVING, NOW)


@given(some.integers(0, 4_000_000_000_000))
def test_times_survive_the_row(milliseconds: int) -> None:
    text = iso(milliseconds / 1000)
    assert iso(epoch_seconds(text)) == text


@given(some.from_regex(r"i-[0-9a-f]{17}", fullmatch=True), some.integers(1, 999))
def test_a_slot_id_names_instance_and_number(instance_id: str, number: int) -> None:
    assert instance_of(slot_id_of(instance_id, number)) == (instance_id, number)
