"""A session as its viewer sees it, the SessionView of docs/protocol.md: no token, no ticket, no instance's id."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from greenroom.domain.session.eta import eta_view
from greenroom.domain.session.session import WAITING_STATES, Moving, Session, SessionState, SlotAssignment
from greenroom.domain.session.session_reason import session_reason
from greenroom.domain.times import iso


def session_view(session: Session, place: int | None = None) -> dict[str, Any]:
    """`place` (1 = next) is known only where the line was asked."""
    when = {state: iso(at) for state, at in session.transitions.items()}
    return {
        "sessionId": session.session_id,
        "applicationId": session.application_id,
        "poolId": session.pool_id,
        "state": session.state.value,
        "statusReason": session.status_reason.value if session.status_reason else None,
        "requestedAt": iso(session.requested_at),
        "assignedAt": when.get(SessionState.ASSIGNED),
        "connectedAt": when.get(SessionState.CONNECTED),
        "endedAt": when.get(SessionState.ENDED) or when.get(SessionState.FAILED),
        "deadlineAt": iso(session.deadline_at),
        "endsBy": iso(session.ends_by) if session.ends_by is not None else None,
        "version": session.version,
        "slot": _slot(session.assignment),
        "place": place,
        "reason": session_reason(session, place),
        "eta": eta_view(session.eta) if session.eta and session.state in WAITING_STATES else None,
        "moving": _moving(session.moving),
        "migrations": session.migrations,
    }


def slot_name(slot_id: str) -> str:
    """What a viewer knows a slot by: it tells slots apart, and not which instance they are on."""
    return f"slot-{sha256(slot_id.encode()).hexdigest()[:16]}"


def _slot(assignment: SlotAssignment | None) -> dict[str, Any] | None:
    if assignment is None:
        return None
    return {
        "slotId": slot_name(assignment.slot_id),
        "instanceType": assignment.instance_type,
        "zone": assignment.zone,
        "market": assignment.market,
        "epoch": assignment.epoch,
    }


def _moving(moving: Moving | None) -> dict[str, Any] | None:
    if moving is None:
        return None
    until = iso(moving.picture_until) if moving.picture_until is not None else None
    return {"since": iso(moving.since), "pictureUntil": until, "reason": moving.reason.value}
