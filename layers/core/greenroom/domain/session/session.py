"""A Session: one viewer's run from request to end, and the edges it may take."""

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
    """Where a session stands. Ended and Failed absorb."""

    REQUESTED = "Requested"  # the request was accepted, nothing was decided yet
    QUEUED = "Queued"  # no slot was free; the session holds a place in line
    ASSIGNED = "Assigned"  # a slot is reserved, leased and waits for the viewer's connection
    CONNECTED = "Connected"  # the peer connection stands; the viewer sees the picture
    DISCONNECTED = "Disconnected"  # the viewer dropped; the slot is kept for the reconnect window
    MIGRATING = "Migrating"  # the slot is being lost; the session moves to another one
    ENDING = "Ending"  # the end is decided; the slot is being given back
    ENDED = "Ended"  # over, as meant; statusReason says how
    FAILED = "Failed"  # over, not as meant; statusReason says why


class StatusReason(StrEnum):
    """Why a session ended (design: one per end)."""

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
"""From each state, the states it may change to. Facts that name no edge are late or doubled and are ignored."""

LIVE_STATES = frozenset({S.REQUESTED, S.QUEUED, S.ASSIGNED, S.CONNECTED, S.DISCONNECTED, S.MIGRATING})
"""Not yet decided to end."""
WAITING_STATES = frozenset({S.QUEUED, S.MIGRATING})
"""It holds a place in line."""
TERMINAL_STATES = frozenset({S.ENDED, S.FAILED})
SLOT_HOLDING_STATES = frozenset({S.ASSIGNED, S.CONNECTED, S.DISCONNECTED, S.MIGRATING, S.ENDING})
FAILURES = frozenset({StatusReason.INSTANCE_UNHEALTHY, StatusReason.CAPACITY_UNAVAILABLE, StatusReason.INTERNAL_ERROR})
"""Reasons that make an end Failed instead of Ended."""

OVERDUE_REASONS: Mapping[SessionState, StatusReason] = {
    S.REQUESTED: StatusReason.INTERNAL_ERROR,
    S.QUEUED: StatusReason.CAPACITY_UNAVAILABLE,
    S.ASSIGNED: StatusReason.CONNECTION_TIMEOUT,
    S.CONNECTED: StatusReason.MAX_SESSION_LENGTH,
    S.DISCONNECTED: StatusReason.RECONNECTION_TIMEOUT,
    S.MIGRATING: StatusReason.SPOT_INTERRUPTED,
}
"""Why a session ends that stayed in a state past its deadline."""
MOST_MIGRATIONS = 3
"""A session that loses its slot more often ends: a cascade must not carry a viewer round for ever."""
STANDARD_TIER = "standard"
"""The tier of everyone whom no group puts into another."""


def sources_of(after: SessionState) -> frozenset[SessionState]:
    """The states that may change to `after`: what a conditional write names."""
    return frozenset(before for before, targets in SESSION_TRANSITIONS.items() if after in targets)


def final_state(reason: StatusReason) -> SessionState:
    """Ended or Failed, by what the reason says."""
    return S.FAILED if reason in FAILURES else S.ENDED


@dataclass(frozen=True, slots=True)
class SlotAssignment:
    """The slot a session holds, copied at the claim so that the session row tells the whole story."""

    slot_id: str
    instance_id: str
    number: int
    epoch: int
    instance_type: str
    zone: str
    market: str  # "spot" or "on-demand"


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long each state may last, seconds.

    Copied from the application at the request: a later change spares running sessions.
    """

    connection_timeout_s: int = 120  # Source: GameLift Streams default
    reconnect_window_s: int = 120  # Source: GameLift Streams default
    maximum_session_s: int = 3600
    placement_timeout_s: int = 1200  # cold: until boots are measured
    reset_timeout_s: int = 30  # how long a given-back slot may take to be ready again
    idle_warn_s: int = 120  # without input, until the viewer is warned; 0: idling is allowed. Source: Streampixel
    idle_end_s: int = 30  # from the warning to the end


@dataclass(frozen=True, slots=True)
class Moving:
    """A session on its way to another slot; stands until the viewer is connected there."""

    since: Time
    picture_until: Time | None  # how long the old slot still shows the picture; None: nobody knows, or no more
    reason: StatusReason  # why it lost its slot, and why it ends if no other one is found


@dataclass(frozen=True, slots=True)
class LeftSlot:
    """The slot that a session gives up when it gets another one, and until when its picture may still be watched."""

    assignment: SlotAssignment
    lingers_until: float


@dataclass(frozen=True, slots=True)
class Session:
    """One viewer's run. Times are epoch seconds (UTC); `transitions` holds when each state was first entered."""

    session_id: str
    viewer_id: str
    tenant_id: str
    application_id: str
    pool_id: str
    client_token: str
    state: SessionState
    requested_at: float
    deadline_at: float  # when the reaper ends what still stands in this state
    limits: SessionLimits = SessionLimits()
    version: int = 1
    status_reason: StatusReason | None = None
    assignment: SlotAssignment | None = None
    join_number: int = 0
    viewer_connection_id: str | None = None
    execution_arn: str | None = None
    awaits: str | None = None  # "slot", "connection" or "end": which fact the stored task token waits for
    task_token: str | None = field(default=None, repr=False)
    transitions: Mapping[str, float] = field(default_factory=dict)
    adopt_by: float | None = None  # when the reaper announces it again if no machine adopted it
    lease_until: float | None = None  # the slot's lease as it was at the claim
    ends_by: float | None = None  # fixed at the first connection: first connected + maximum
    migrations: int = 0  # how often it lost its slot
    moving: Moving | None = None
    relay: RelayPolicy = RelayPolicy.ALL  # copied from the application at the request, as the limits are
    quota_shards: Mapping[str, int] = field(default_factory=dict)  # scope -> the shard whose unit it holds
    eta: Eta | None = None  # what its viewer was told last while it waits
    eta_shown: EtaShown | None = None  # and first: what the true wait is judged by
    tier: str = STANDARD_TIER
    order_at: float | None = None  # where it stands in line; None: when it was requested
    not_before: float | None = None  # in line, but served from then on only: the start of an event
    page_gone_at: float | None = None  # since when its page is off the socket; None: it is on it, or has a slot

    @property
    def is_live(self) -> bool:
        """Whether the end is not yet decided."""
        return self.state in LIVE_STATES


@dataclass(frozen=True, slots=True)
class SessionMove:
    """One conditional change of state. Fields that are None are neither compared nor changed (the state always is)."""

    to: SessionState
    at: float
    sources: frozenset[SessionState]
    deadline_at: float | None = None
    ends_by: float | None = None
    status_reason: StatusReason | None = None
    epoch: int | None = None  # compared: an older holder's fact is refused
    join_number: int | None = None  # compared: an older page's fact is ignored
    page_gone_at: float | None = None  # compared: the page came back meanwhile


def moved(session: Session, move: SessionMove) -> Session:
    """The session after `move`: what a store's conditional write must do, said once in Python.

    Raises: StaleEpoch, IllegalTransition.
    """
    if move.epoch is not None and move.epoch != epoch_of(session):
        raise StaleEpoch(f"session {session.session_id} is at epoch {epoch_of(session)}, not {move.epoch}")
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
    """The session after it lost its slot: it keeps the old assignment until another slot is its own.

    Raises: IllegalTransition.
    """
    move = SessionMove(to=S.MIGRATING, at=moving.since, sources=sources_of(S.MIGRATING), deadline_at=deadline_at)
    return replace(moved(session, move), moving=moving, migrations=session.migrations + 1)


def overdue_reason(session: Session, now: float) -> StatusReason:
    """Why it ends that stayed in its state past its deadline."""
    if session.ends_by is not None and now >= session.ends_by:
        return StatusReason.QUOTA_EXCEEDED if _is_cut_short(session) else StatusReason.MAX_SESSION_LENGTH
    if session.state is S.MIGRATING and session.moving is not None:
        return session.moving.reason
    return OVERDUE_REASONS.get(session.state, StatusReason.INTERNAL_ERROR)


def _is_cut_short(session: Session) -> bool:
    """Whether a quota ends it before its longest: both were fixed by the same write, at the first connection."""
    connected_at = session.transitions.get(S.CONNECTED)
    if connected_at is None or session.ends_by is None:
        return False
    return session.ends_by < connected_at + session.limits.maximum_session_s - 0.01  # rows keep milliseconds


def epoch_of(session: Session) -> int:
    """The epoch of the slot it holds; 0 while it holds none."""
    return session.assignment.epoch if session.assignment else 0


def taker_of(session: Session) -> Taker:
    """Who takes the slot that this session's assignment names."""
    return Taker(
        session_id=session.session_id,
        viewer_id=session.viewer_id,
        application_id=session.application_id,
        epoch=epoch_of(session),
        taken_at=session.transitions[session.state],
        lease_until=session.lease_until,
    )


def fact_for(session: Session) -> str | None:
    """Which stored wait this session's state answers: what a machine that `awaits` must be told, or None.

    Example: awaits "connection" and the state is Connected -> "connected"; awaits "connection" and the state is
    Ending (the viewer left first) -> "ended", and every later wait is answered so until the slot is given back.
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
