"""A session (one viewer's run, from request to end), and which changes of its state are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from greenroom.domain.errors import IllegalTransition, StaleEpoch
from greenroom.domain.session.eta import Eta, EtaShown
from greenroom.domain.slot.slot_move import Taker
from greenroom.domain.socket.relay import RelayPolicy
from greenroom.domain.times import Time


class SessionState(StrEnum):
    """The state of a session (one viewer's run, from request to end). Ended and Failed are final."""

    REQUESTED = "Requested"  # the request was accepted, and nothing was decided yet
    QUEUED = "Queued"  # no slot was free; the session holds a place in line
    ASSIGNED = "Assigned"  # a slot is reserved under a lease and waits for the viewer's connection
    CONNECTED = "Connected"  # the peer connection is up; the viewer sees the picture
    DISCONNECTED = "Disconnected"  # the viewer's connection was lost; the slot is kept for the reconnect window
    MIGRATING = "Migrating"  # the slot is being lost; the session is moving to another one
    ENDING = "Ending"  # the session is to end; its slot is being given back
    ENDED = "Ended"  # ended in a normal way; statusReason says how
    FAILED = "Failed"  # ended because something failed; statusReason says why


class StatusReason(StrEnum):
    """Why a session ended. Each way to end has exactly one reason."""

    USER_LEFT = "userLeft"
    IDLE_TIMEOUT = "idleTimeout"
    CONNECTION_TIMEOUT = "connectionTimeout"
    RECONNECTION_TIMEOUT = "reconnectionTimeout"
    MAX_SESSION_LENGTH = "maxSessionLength"
    APPLICATION_EXIT = "applicationExit"
    SPOT_INTERRUPTED = "spotInterrupted"
    INSTANCE_UNHEALTHY = "instanceUnhealthy"
    CAPACITY_UNAVAILABLE = "capacityUnavailable"
    QUOTA_EXCEEDED = "quotaExceeded"
    BUDGET_EXCEEDED = "budgetExceeded"
    EVENT_ENDED = "eventEnded"
    CANCELLED = "cancelled"
    OPERATOR_TERMINATED = "operatorTerminated"
    INTERNAL_ERROR = "internalError"


S = SessionState
SESSION_TRANSITIONS: Mapping[SessionState, frozenset[SessionState]] = {
    S.REQUESTED: frozenset({S.QUEUED, S.ASSIGNED, S.ENDING, S.FAILED}),
    S.QUEUED: frozenset({S.ASSIGNED, S.ENDING}),
    S.ASSIGNED: frozenset({S.CONNECTED, S.MIGRATING, S.ENDING}),
    S.CONNECTED: frozenset({S.DISCONNECTED, S.MIGRATING, S.ENDING}),
    S.DISCONNECTED: frozenset({S.CONNECTED, S.MIGRATING, S.ENDING}),
    S.MIGRATING: frozenset({S.ASSIGNED, S.ENDING}),
    S.ENDING: frozenset({S.ENDED, S.FAILED}),
    S.ENDED: frozenset(),
    S.FAILED: frozenset(),
}
"""By state: the states to which a session may change from it. A report that asks for any other change is late or
repeated, and is ignored.
"""

LIVE_STATES = frozenset({S.REQUESTED, S.QUEUED, S.ASSIGNED, S.CONNECTED, S.DISCONNECTED, S.MIGRATING})
"""The states of a session that has not been told to end."""
WAITING_STATES = frozenset({S.QUEUED, S.MIGRATING})
"""The states of a session that has a place in line."""
TERMINAL_STATES = frozenset({S.ENDED, S.FAILED})
SLOT_HOLDING_STATES = frozenset({S.ASSIGNED, S.CONNECTED, S.DISCONNECTED, S.MIGRATING, S.ENDING})
FAILURES = frozenset({StatusReason.INSTANCE_UNHEALTHY, StatusReason.CAPACITY_UNAVAILABLE, StatusReason.INTERNAL_ERROR})
"""The reasons for which a session ends as Failed. With all other reasons, a session ends as Ended."""

OVERDUE_REASONS: Mapping[SessionState, StatusReason] = {
    S.REQUESTED: StatusReason.INTERNAL_ERROR,
    S.QUEUED: StatusReason.CAPACITY_UNAVAILABLE,
    S.ASSIGNED: StatusReason.CONNECTION_TIMEOUT,
    S.CONNECTED: StatusReason.MAX_SESSION_LENGTH,
    S.DISCONNECTED: StatusReason.RECONNECTION_TIMEOUT,
    S.MIGRATING: StatusReason.SPOT_INTERRUPTED,
}
"""By state: the reason with which a session ends that was in that state past its deadline."""
MOST_MIGRATIONS = 3
"""A session that loses its slot more often than this ends: a chain of failures must not move a viewer for ever."""
STANDARD_TIER = "standard"
"""The priority (tier) of every viewer whose user groups give no other priority."""


def sources_of(after: SessionState) -> frozenset[SessionState]:
    """The states from which a session may change to `after`. A conditional write requires one of these states."""
    return frozenset(before for before, targets in SESSION_TRANSITIONS.items() if after in targets)


def final_state(reason: StatusReason) -> SessionState:
    """The final state of a session that ends for this reason: Failed if the reason is a failure, else Ended."""
    return S.FAILED if reason in FAILURES else S.ENDED


@dataclass(frozen=True, slots=True)
class SlotAssignment:
    """A copy of the slot that a session holds, made at the claim so that the session's row is complete by itself."""

    slot_id: str
    instance_id: str
    number: int
    epoch: int
    instance_type: str
    zone: str
    market: str  # "spot" or "on-demand"


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session may be in each state, in seconds.

    The limits are copied from the application when the session is requested, so that a later change of the application
    does not affect running sessions.
    """

    connection_timeout_s: int = 120  # Source: GameLift Streams default
    reconnect_window_s: int = 120  # Source: GameLift Streams default
    maximum_session_s: int = 3600
    placement_timeout_s: int = 1200  # how long it may wait in line: long enough to boot a new instance
    reset_timeout_s: int = 30  # how long the slot may take after the session to be ready again
    idle_warn_s: int = 120  # time without input until the viewer is warned; 0: idling is allowed. Source: Streampixel
    idle_end_s: int = 30  # from the warning to the session's end


@dataclass(frozen=True, slots=True)
class Moving:
    """A session's move to another slot. It is stored in the session until the viewer is connected to the new slot."""

    since: Time
    picture_until: Time | None  # how long the old slot still streams; None: unknown, or it streams no more
    reason: StatusReason  # why the session lost its slot; also why it ends if no other slot is found


@dataclass(frozen=True, slots=True)
class LeftSlot:
    """The slot that a session leaves when it gets another slot.

    `lingers_until`: how long the left slot may still stream to the viewer, epoch seconds.
    """

    assignment: SlotAssignment
    lingers_until: float


@dataclass(frozen=True, slots=True)
class Session:
    """One viewer's run. Times are epoch seconds (UTC). `transitions`: when the session first entered each state."""

    session_id: str
    viewer_id: str
    tenant_id: str
    application_id: str
    pool_id: str
    client_token: str
    state: SessionState
    requested_at: float
    deadline_at: float  # when the reaper ends the session if it is still in this state
    limits: SessionLimits = SessionLimits()
    version: int = 1
    status_reason: StatusReason | None = None
    assignment: SlotAssignment | None = None
    join_number: int = 0
    viewer_connection_id: str | None = None
    execution_arn: str | None = None
    awaits: str | None = None  # "slot", "connection" or "end": what the stored task token waits for
    task_token: str | None = field(default=None, repr=False)
    transitions: Mapping[str, float] = field(default_factory=dict)
    adopt_by: float | None = None  # when the reaper announces the session again unless a state machine has adopted it
    lease_until: float | None = None  # when the slot's lease ends, as set at the claim
    ends_by: float | None = None  # when the session must end; fixed at its first connection
    migrations: int = 0  # how often the session has lost its slot so far
    moving: Moving | None = None
    relay: RelayPolicy = RelayPolicy.ALL  # copied from the application at the request, like the limits
    quota_shards: Mapping[str, int] = field(default_factory=dict)  # scope -> the shard of which it holds a unit
    eta: Eta | None = None  # the last forecast that its waiting viewer was told
    eta_shown: EtaShown | None = None  # the first forecast that its viewer was told
    tier: str = STANDARD_TIER
    order_at: float | None = None  # sort key of its place in line; None: requested_at
    not_before: float | None = None  # in a pre-queue: the event's start, before which it gets no slot
    page_gone_at: float | None = None  # since when its page is disconnected; None: connected, or the session has a slot

    @property
    def is_live(self) -> bool:
        """Whether the session has not been told to end: it is not Ending, Ended or Failed."""
        return self.state in LIVE_STATES


@dataclass(frozen=True, slots=True)
class SessionMove:
    """One change of a session's state, and the conditions under which the change is made.

    The state is always compared and changed. A field that is None is neither compared nor changed.
    """

    to: SessionState
    at: float
    sources: frozenset[SessionState]
    deadline_at: float | None = None
    ends_by: float | None = None
    status_reason: StatusReason | None = None
    epoch: int | None = None  # compared: reports about an earlier slot are refused
    join_number: int | None = None  # compared: reports about an earlier page are ignored
    page_gone_at: float | None = None  # compared: no page may have connected again in the meantime


def moved(session: Session, move: SessionMove) -> Session:
    """Returns the session as it is after `move`. Every store must make the change as this function does.

    Raises: StaleEpoch (the session holds another slot by now), IllegalTransition (the session's state, its count of
    pages (join number) or the time at which its page disconnected is not as the move requires).
    """
    if move.epoch is not None and move.epoch != epoch_of(session):
        raise StaleEpoch("session", session.session_id, f"is at epoch {epoch_of(session)}, not {move.epoch}.")
    outdated = move.join_number not in (None, session.join_number)
    outdated = outdated or move.page_gone_at not in (None, session.page_gone_at)
    if outdated or session.state not in move.sources:
        raise IllegalTransition(f"session {session.session_id}: {session.state} -> {move.to}")
    return replace(
        session,
        state=move.to,
        version=session.version + 1,
        transitions={**session.transitions, move.to: session.transitions.get(move.to, move.at)},
        deadline_at=session.deadline_at if move.deadline_at is None else move.deadline_at,
        ends_by=session.ends_by if move.ends_by is None else move.ends_by,
        status_reason=session.status_reason or move.status_reason,
        moving=None if move.to is S.CONNECTED else session.moving,
    )


def migrating(session: Session, moving: Moving, deadline_at: float) -> Session:
    """Returns a session that is losing its slot as Migrating. It keeps the old assignment until it gets another slot.

    Raises: IllegalTransition (it holds no slot, is moving already, or is ending).
    """
    move = SessionMove(to=S.MIGRATING, at=moving.since, sources=sources_of(S.MIGRATING), deadline_at=deadline_at)
    return replace(moved(session, move), moving=moving, migrations=session.migrations + 1)


def overdue_reason(session: Session, now: float) -> StatusReason:
    """The reason with which to end a session that was in its state past its deadline."""
    if session.ends_by is not None and now >= session.ends_by:
        return StatusReason.QUOTA_EXCEEDED if _is_cut_short(session) else StatusReason.MAX_SESSION_LENGTH
    if session.state is S.MIGRATING and session.moving is not None:
        return session.moving.reason
    return OVERDUE_REASONS.get(session.state, StatusReason.INTERNAL_ERROR)


def _is_cut_short(session: Session) -> bool:
    """Whether a quota ends the session before its own maximum length.

    The end and the first connection were stored by the same write, so they can be compared.
    """
    connected_at = session.transitions.get(S.CONNECTED)
    if connected_at is None or session.ends_by is None:
        return False
    return session.ends_by < connected_at + session.limits.maximum_session_s - 0.01  # rows round to milliseconds


def epoch_of(session: Session) -> int:
    """The epoch (fencing number) of the slot that the session holds; 0 when it holds no slot."""
    return session.assignment.epoch if session.assignment else 0


def taker_of(session: Session) -> Taker:
    """Describes the session as the taker of the slot that its assignment names, so that the slot can be given to it."""
    return Taker(
        session_id=session.session_id,
        viewer_id=session.viewer_id,
        application_id=session.application_id,
        epoch=epoch_of(session),
        taken_at=session.transitions[session.state],
        lease_until=session.lease_until,
    )


def fact_for(session: Session) -> str | None:
    """The answer for the state machine that waits for this session. None: no state machine waits, or it must wait on.

    A waiting state machine has stored its task token in the session, and in `awaits` what it waits for.
    Example: `awaits` is "connection" and the state is Connected -> "connected". `awaits` is "connection" and the state
    is Ending, because the viewer left first -> "ended"; every later wait gets that answer until the slot is given back.
    """
    if session.awaits is None:
        return None
    if session.state in (S.ENDING, S.ENDED, S.FAILED):
        return "ended"
    if session.awaits == "slot" and session.state in (S.ASSIGNED, S.CONNECTED, S.DISCONNECTED):
        return "assigned"
    if session.awaits == "connection" and session.state in (S.CONNECTED, S.DISCONNECTED):
        return "connected"
    if session.awaits in ("connection", "end") and session.state is S.MIGRATING:
        return "migrated"
    return None
