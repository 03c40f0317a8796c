"""A session as its viewer sees it: the SessionView of docs/protocol.md. It contains no token, ticket or instance id."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from greenroom.domain.session.eta import EtaView
from greenroom.domain.session.session import (
    WAITING_STATES,
    Moving,
    Session,
    SessionState,
    SlotAssignment,
    StatusReason,
)
from greenroom.domain.session.session_reason import session_reason
from greenroom.domain.shape import selected, shown
from greenroom.domain.times import Time


@dataclass(frozen=True, slots=True)
class SlotOfViewer:
    """The slot that a session holds, as the session's viewer sees it."""

    slot_id: str  # the slot's public name (`slot_name`), not its id
    instance_type: str
    zone: str
    market: str
    epoch: int


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its viewer sees it, with the fields of SessionView in docs/openapi.yaml."""

    session_id: str
    application_id: str
    pool_id: str
    state: SessionState
    status_reason: StatusReason | None
    requested_at: Time
    assigned_at: Time | None
    connected_at: Time | None
    ended_at: Time | None
    deadline_at: Time
    ends_by: Time | None
    version: int
    slot: SlotOfViewer | None
    place: int | None
    reason: str
    eta: EtaView | None
    moving: Moving | None
    migrations: int


def session_view(session: Session, place: int | None = None) -> dict[str, Any]:
    """Converts a session to the JSON values that its viewer sees.

    `place`: the session's place in line, 1 = next; None when the caller did not look the place up.
    """
    when = session.transitions
    is_shown = session.eta is not None and session.state in WAITING_STATES
    view = selected(
        SessionView,
        session,
        assigned_at=when.get(SessionState.ASSIGNED),
        connected_at=when.get(SessionState.CONNECTED),
        ended_at=when.get(SessionState.ENDED, when.get(SessionState.FAILED)),
        slot=_slot(session.assignment),
        place=place,
        reason=session_reason(session, place),
        eta=selected(EtaView, session.eta) if is_shown else None,
    )
    return shown(view)


def slot_name(slot_id: str) -> str:
    """The public name of a slot, which tells slots apart without revealing their instances."""
    return f"slot-{sha256(slot_id.encode()).hexdigest()[:16]}"


def _slot(assignment: SlotAssignment | None) -> SlotOfViewer | None:
    if assignment is None:
        return None
    return selected(SlotOfViewer, assignment, slot_id=slot_name(assignment.slot_id))
