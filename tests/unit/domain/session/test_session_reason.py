"""What a session's `reason` says in each state: true by what its row knows, and nothing that nobody knows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from greenroom.domain.session.session import (
    FAILURES,
    Moving,
    SessionState,
    StatusReason,
    final_state,
)
from greenroom.domain.session.session_view import session_view
from greenroom.domain.times import epoch_seconds

from tests.builders import a_session

S, R = SessionState, StatusReason
NOW = epoch_seconds("2026-01-31T20:00:00Z")
PLAYING = a_session(state=S.CONNECTED, requested_at=NOW, deadline_at=NOW + 90, transitions={})


def moving(reason: StatusReason) -> Moving:
    return Moving(NOW, NOW + 120, reason)


def reason_of(place: int | None = None, **fields: Any) -> str:
    return str(session_view(replace(PLAYING, **fields), place)["reason"])


CONNECTING = "A server is reserved for you. The video is being connected."
STATES: list[tuple[str, dict[str, Any], int | None, str]] = [
    ("nothing decided yet", {"state": S.REQUESTED}, None, "Your request is being handled."),
    ("in line, place not asked", {"state": S.QUEUED}, None, "You are in line for a server."),
    ("next in line", {"state": S.QUEUED}, 1, "You are next in line for a server."),
    ("one ahead", {"state": S.QUEUED}, 2, "You are in line for a server. 1 person is ahead of you."),
    ("three ahead", {"state": S.QUEUED}, 4, "You are in line for a server. 3 people are ahead of you."),
    (
        "in a pre-queue",
        {"state": S.QUEUED, "not_before": NOW + 300},
        1,
        "You are next in line for a server. Play starts at 20:05 UTC.",
    ),
    ("reserved", {"state": S.ASSIGNED}, None, CONNECTING),
    (
        "reserved after a move",
        {"state": S.ASSIGNED, "moving": moving(R.SPOT_INTERRUPTED)},
        None,
        "Another server is reserved for you. The video is being connected.",
    ),
    ("playing", {"state": S.CONNECTED}, None, "You are connected to the video."),
    (
        "dropped",
        {"state": S.DISCONNECTED},
        None,
        "The connection to the video was lost. Your session is kept until 20:01:30 UTC.",
    ),
    (
        "Spot takes it back",
        {"state": S.MIGRATING, "moving": moving(R.SPOT_INTERRUPTED)},
        1,
        "The cloud provider is taking your server back. You are next in line for another server.",
    ),
    (
        "the machine fails",
        {"state": S.MIGRATING, "moving": moving(R.INSTANCE_UNHEALTHY)},
        3,
        "Your server is out of service. You are in line for another server. 2 people are ahead of you.",
    ),
    ("ending, nobody said why", {"state": S.ENDING}, None, "The session is ending."),
    ("over, nobody said why", {"state": S.ENDED}, None, "The session ended."),
]


@pytest.mark.parametrize(("desc", "fields", "place", "said"), STATES, ids=[row[0] for row in STATES])
def test_what_is_said_in_each_state(desc: str, fields: dict[str, Any], place: int | None, said: str) -> None:
    assert reason_of(place, **fields) == said


CAUSES = {
    R.USER_LEFT: "you left",
    R.IDLE_TIMEOUT: "there was no input for too long",
    R.CONNECTION_TIMEOUT: "the video was not connected in time",
    R.RECONNECTION_TIMEOUT: "the connection was lost and did not come back in time",
    R.MAX_SESSION_LENGTH: "it reached the longest time that a session may last",
    R.APPLICATION_EXIT: "the application closed by itself",
    R.SPOT_INTERRUPTED: "the cloud provider took the server back",
    R.INSTANCE_UNHEALTHY: "the server went out of service",
    R.CAPACITY_UNAVAILABLE: "no place became free in time",
    R.QUOTA_EXCEEDED: "a usage limit was reached",
    R.BUDGET_EXCEEDED: "the budget is used up",
    R.EVENT_ENDED: "the event is over or was called off",
    R.CANCELLED: "it was cancelled before the video appeared",
    R.OPERATOR_TERMINATED: "an operator ended it",
    R.INTERNAL_ERROR: "something went wrong on our side",
}


@pytest.mark.parametrize("cause", StatusReason)
def test_an_end_says_its_cause(cause: StatusReason) -> None:
    assert reason_of(state=S.ENDING, status_reason=cause) == f"The session is ending: {CAUSES[cause]}."
    how = "failed" if cause in FAILURES else "ended"
    assert reason_of(state=final_state(cause), status_reason=cause) == f"The session {how}: {CAUSES[cause]}."


def test_no_state_is_without_a_row() -> None:
    assert {fields["state"] for _, fields, _, _ in STATES} | {S.FAILED} == set(S)


@pytest.mark.parametrize("state", SessionState)
def test_a_reason_is_sentences_and_promises_no_machine(state: SessionState) -> None:
    """Whether an instance comes, the row of a session cannot know."""
    said = reason_of(state=state)
    assert re.fullmatch(r"([A-Z0-9][^.]*\.)( [A-Z0-9][^.]*\.)*", said)
    assert not re.search(r"prepared|started|next instance|all places are taken", said, re.IGNORECASE)
