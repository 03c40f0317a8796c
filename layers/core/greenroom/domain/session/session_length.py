"""How long sessions hold their slots: what a pool remembers of its last ones, for whoever waits."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.session.session import Session, SessionState, StatusReason

LENGTHS_KEPT = 50
"""Ends that a pool remembers: enough for a p90 that means something, few enough to follow the hour of the day."""
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
"""Ends that will come again. An interruption, a fault or an operator's hand says nothing of the next session."""


@dataclass(frozen=True, slots=True)
class SessionLength:
    """How long a session held slots, and when that ended."""

    seconds: float
    ended_at: float


def length_of(session: Session) -> SessionLength | None:
    """None when it says nothing of the next one: it never held a slot, or was ended for another reason.

    From the first slot on, moves between slots included, to the decision to end.
    """
    assigned_at = session.transitions.get(SessionState.ASSIGNED)
    ending_at = session.transitions.get(SessionState.ENDING)
    if assigned_at is None or ending_at is None or session.status_reason not in NATURAL_ENDS:
        return None
    return SessionLength(round(ending_at - assigned_at, 1), round(ending_at, 1))
