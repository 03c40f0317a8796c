"""How long sessions hold their slots. A pool remembers its last sessions, to forecast the wait of viewers in line."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.session.session import Session, SessionState, StatusReason

LENGTHS_KEPT = 50
"""Of how many ended sessions a pool remembers the length: enough for a meaningful 90th percentile, few enough to follow
changes during the day.
"""
NATURAL_ENDS = frozenset(
    {
        StatusReason.USER_LEFT,
        StatusReason.IDLE_TIMEOUT,
        StatusReason.CONNECTION_TIMEOUT,
        StatusReason.RECONNECTION_TIMEOUT,
        StatusReason.MAX_SESSION_LENGTH,
        StatusReason.APPLICATION_EXIT,
    }
)
"""The reasons of endings after which a session's length is remembered, to forecast how long other sessions will last.
If an interruption, a fault or an operator ended a session, its length says nothing about other sessions.
"""


@dataclass(frozen=True, slots=True)
class SessionLength:
    """How many seconds a session held slots, and when it was told to end (epoch seconds)."""

    seconds: float
    ended_at: float


def length_of(session: Session) -> SessionLength | None:
    """How long an ended session held slots: from its first slot until it was told to end, moves between slots included.

    None if the session never held a slot, or did not end naturally: then its length is of no use to forecast others.
    """
    assigned_at = session.transitions.get(SessionState.ASSIGNED)
    ending_at = session.transitions.get(SessionState.ENDING)
    if assigned_at is None or ending_at is None or session.status_reason not in NATURAL_ENDS:
        return None
    return SessionLength(round(ending_at - assigned_at, 1), round(ending_at, 1))
