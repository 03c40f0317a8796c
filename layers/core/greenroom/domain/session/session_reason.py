"""Sentences that tell a viewer why the session is in its state, for every state.

The sentences use only what the session's row contains. When a slot will come is not in the row: the forecast (`eta`)
tells the viewer that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from greenroom.domain.session.session import Session, SessionState, StatusReason

_CAUSES: Mapping[StatusReason, str] = {
    StatusReason.USER_LEFT: "you left",
    StatusReason.IDLE_TIMEOUT: "there was no input for too long",
    StatusReason.CONNECTION_TIMEOUT: "the video was not connected in time",
    StatusReason.RECONNECTION_TIMEOUT: "the connection was lost and did not come back in time",
    StatusReason.MAX_SESSION_LENGTH: "it reached the longest time that a session may last",
    StatusReason.APPLICATION_EXIT: "the application closed by itself",
    StatusReason.SPOT_INTERRUPTED: "the cloud provider took the server back",
    StatusReason.INSTANCE_UNHEALTHY: "the server went out of service",
    StatusReason.CAPACITY_UNAVAILABLE: "no place became free in time",
    StatusReason.QUOTA_EXCEEDED: "a usage limit was reached",
    StatusReason.BUDGET_EXCEEDED: "the budget is used up",
    StatusReason.EVENT_ENDED: "the event is over or was called off",
    StatusReason.CANCELLED: "it was cancelled before the video appeared",
    StatusReason.OPERATOR_TERMINATED: "an operator ended it",
    StatusReason.INTERNAL_ERROR: "something went wrong on our side",
}
_OVER = {
    SessionState.ENDING: "The session is ending",
    SessionState.ENDED: "The session ended",
    SessionState.FAILED: "The session failed",
}


def session_reason(session: Session, place: int | None = None) -> str:
    """The sentence that tells the viewer why the session is in its state.

    `place`: the session's place in line, 1 = next; None when the place is not known.
    """
    if session.state in _OVER:
        return _ended(session)
    if session.state is SessionState.REQUESTED:
        return "Your request is being handled."
    if session.state is SessionState.QUEUED:
        return _in_line("a server", place) + _opening(session)
    if session.state is SessionState.MIGRATING:
        return f"{_loss(session)} {_in_line('another server', place)}"
    if session.state is SessionState.ASSIGNED:
        which = "A server" if session.moving is None else "Another server"
        return f"{which} is reserved for you. The video is being connected."
    if session.state is SessionState.DISCONNECTED:
        kept = f"Your session is kept until {_clock(session.deadline_at, '%H:%M:%S')}."
        return f"The connection to the video was lost. {kept}"
    return "You are connected to the video."


def _ended(session: Session) -> str:
    cause = f": {_CAUSES[session.status_reason]}" if session.status_reason else ""
    return f"{_OVER[session.state]}{cause}."


def _in_line(what: str, place: int | None) -> str:
    if place == 1:
        return f"You are next in line for {what}."
    ahead = f" {place - 1} {'person is' if place == 2 else 'people are'} ahead of you." if place else ""
    return f"You are in line for {what}.{ahead}"


def _opening(session: Session) -> str:
    if session.not_before is None:
        return ""
    return f" Play starts at {_clock(session.not_before, '%H:%M')}."


def _loss(session: Session) -> str:
    if session.moving is not None and session.moving.reason is StatusReason.SPOT_INTERRUPTED:
        return "The cloud provider is taking your server back."
    return "Your server is out of service."


def _clock(at: float, style: str) -> str:
    return f"{datetime.fromtimestamp(at, UTC):{style}} UTC"
