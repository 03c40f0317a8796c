"""Handles a viewer's press of Play: starts a session, which gets a free slot at once or a place in line.

A slot is a place on an instance where one session runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import DuplicateLaunch, NoFreeSlot, SlotLost, ViewerLimitReached
from greenroom.domain.events import SessionRequested
from greenroom.domain.line.line import head_start_of, order_at, tier_of
from greenroom.domain.session.session import Session, SessionMove, SessionState, moved
from greenroom.domain.times import iso
from greenroom.usecases.line.dispatch_line import assign, serve_line
from greenroom.usecases.line.find_free_slots import FEW_PAGE, find_free_slots
from greenroom.usecases.line.join_line import check_admission, check_line
from greenroom.usecases.line.notify_waiting import first_forecast
from greenroom.usecases.pool.request_pass import pass_to_request, slot_taken
from greenroom.usecases.session.check_limits import check_limits
from greenroom.usecases.socket.issue_ticket import ticket_for

if TYPE_CHECKING:
    from greenroom.domain.events import Event
    from greenroom.domain.pool.pool import Application, Pool
    from greenroom.domain.quota.quota import Quotas
    from greenroom.ports.event import HasEvents
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.quota import HasQuotaCounters, HasQuotas
    from greenroom.ports.session import HasClaims, HasSessions, Taken
    from greenroom.ports.socket import HasConnections, HasSocket, HasTickets
    from greenroom.ports.world import Clock, Ids, InParallel, Rng, Secrets
    from greenroom.usecases.line.forecast_line import Outlook
    from greenroom.usecases.socket.issue_ticket import IssuedTicket

    class Ports(
        Clock,
        Rng,
        HasBus,
        HasCatalog,
        HasClaims,
        HasConnections,
        HasEvents,
        HasFleet,
        HasJournal,
        HasLine,
        HasMetrics,
        HasPools,
        HasQuotaCounters,
        HasQuotas,
        HasSessions,
        HasSocket,
        HasTasks,
        HasTickets,
        Ids,
        Secrets,
        InParallel,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


LOSSES_BEFORE_LINE = 3
"""After how many slots lost to simultaneous requests a request checks whether other sessions wait in line by now."""
ADOPT_WITHIN_S = 20
"""How long after its request a session may be without a state machine before it is announced again, seconds.

The announcement starts a state machine. The reaper (the repair that runs every 10 s) repeats the announcement.
"""


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """A viewer's request for a session, made by pressing Play.

    `client_token`: a repeated request with the same token starts no second session.
    """

    viewer_id: str
    tenant_id: str
    application_id: str
    client_token: str
    groups: frozenset[str] = frozenset()  # groups in the viewer's verified token; they determine the tier (priority)


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """The outcome of a viewer's press of Play.

    `ticket`: the secret with which the page connects to the Viewer socket; set only if the session has a slot. `place`:
    the session's place in line (1 = next); set only if the session is in line. `repeated`: an earlier request with the
    same client token has started the session.
    """

    session: Session
    repeated: bool
    ticket: IssuedTicket | None
    place: int | None


def request_session(launch: SessionRequest, ports: Ports) -> SessionAnswer:
    """Starts a session for a viewer who has pressed Play. The session gets a free slot, or else a place in line.

    A slot is a place on an instance where one session runs. A repeated request with the same client token returns the
    session that the first request started.
    Raises: NotFound (the application does not exist), ApplicationClosed, NotOpenYet, ViewerLimitReached, QuotaExceeded,
    KillSwitchThrown, LineFull.
    """
    application = ports.catalog.application(launch.application_id)
    pool = ports.catalog.pool(application.pool_id)
    try:
        entered = _enter(_draft(launch, application, pool, ports), application, pool, ports)
    except DuplicateLaunch as duplicate:
        entered = _Entered(ports.sessions.get(duplicate.session_id), repeated=True)
    session, place = entered.session, None
    _announce(session, pool, ports)
    if session.state is SessionState.QUEUED and serve_line(pool, ports):
        session = ports.sessions.get(session.session_id)
    if session.state is SessionState.QUEUED:
        place = ports.line.place_of(session)
        session = first_forecast(session, place, _outlook(entered, place, application, pool, ports), ports)
    return SessionAnswer(
        session=session,
        repeated=entered.repeated,
        ticket=ticket_for(session, None, ports) if session.is_live and session.assignment else None,
        place=place if session.state is SessionState.QUEUED else None,
    )


@dataclass(frozen=True, slots=True)
class _Entered:
    """A stored session.

    `waiting`: how many sessions were in line before this session joined the line; None: they were not counted.
    `repeated`: the session was stored by an earlier request with the same client token.
    """

    session: Session
    waiting: int | None = None
    repeated: bool = False


def _announce(session: Session, pool: Pool, ports: Ports) -> None:
    """Sends the bus events about a new session: one starts its state machine, another requests a planning pass.

    A planning pass is a run of the planner. A repeated request sends the events again, because the first request may
    have died before it sent them.
    """
    events: list[Event] = []
    if session.execution_arn is None and session.is_live:
        events.append(_requested(session))
    if session.state is SessionState.QUEUED:
        events += pass_to_request(pool.pool_id, "sessionQueued", ports)
    if events:
        ports.bus.send(*events)


def _outlook(entered: _Entered, place: int, application: Application, pool: Pool, ports: Ports) -> Outlook:
    """Forecasts the wait in the session's line, from rows that the request has just read.

    The client token of a repeated request may belong to a session in another pool. Then the other pool is read and its
    line forecast.
    """
    from greenroom.usecases.line.forecast_line import forecast_line, outlook_of  # only for a session in line
    from greenroom.usecases.pool.read_snapshot import read_rows

    if entered.session.pool_id != pool.pool_id:
        return forecast_line(entered.session.pool_id, ports)
    queued = None if entered.waiting is None else max(entered.waiting + 1, place)
    return outlook_of(read_rows(pool, application, queued, ports))


def _draft(launch: SessionRequest, application: Application, pool: Pool, ports: Ports) -> Session:
    now, tier = ports.now(), tier_of(launch.groups, pool.tiers)
    return Session(
        session_id=ports.new_id("ses"),
        viewer_id=launch.viewer_id,
        tenant_id=launch.tenant_id,
        application_id=application.application_id,
        pool_id=application.pool_id,
        client_token=launch.client_token,
        state=SessionState.REQUESTED,
        requested_at=now,
        deadline_at=now,
        adopt_by=now + ADOPT_WITHIN_S,
        limits=application.limits,
        relay=application.relay,
        transitions={SessionState.REQUESTED: now},
        tier=tier,
        order_at=order_at(now, head_start_of(tier, pool.tiers)),
    )


def _enter(draft: Session, application: Application, pool: Pool, ports: Ports) -> _Entered:
    """Stores the new session, as Assigned or Queued.

    If the viewer's counter of running sessions refuses the session, but contains sessions that are over, the counter is
    corrected, and the session is tried once more.
    """
    try:
        return _admit_and_place(draft, application, pool, ports)
    except ViewerLimitReached as refusal:
        from greenroom.usecases.session.recount_viewer import forget_what_is_over

        if not forget_what_is_over(draft.viewer_id, refusal.session_id, ports):
            raise
    return _admit_and_place(draft, application, pool, ports)


def _admit_and_place(draft: Session, application: Application, pool: Pool, ports: Ports) -> _Entered:
    """Checks that the session may start, and stores the session as Assigned or Queued.

    Raises: what `request_session` raises, and DuplicateLaunch.
    """
    admitted = check_admission(draft, application, pool, ports)
    quotas = check_limits(admitted, application, ports)
    return _place(admitted, application, pool, quotas, ports)


def _place(draft: Session, application: Application, pool: Pool, quotas: Quotas, ports: Ports) -> _Entered:
    """Claims a free slot (a place on an instance) for the session, or else puts the session in line.

    Raises: ViewerLimitReached, QuotaExceeded, DuplicateLaunch, LineFull.
    """
    try:
        taken = claim_slot(draft, pool, application.sessions_per_viewer, quotas, ports)
    except NoFreeSlot:
        waiting = check_line(draft, application, pool, ports)
        return _Entered(ports.claims.enqueue(_queued(draft), application.sessions_per_viewer, quotas), waiting)
    slot_taken(pool, taken, ports)
    return _Entered(taken.session)


def claim_slot(draft: Session, pool: Pool, sessions_per_viewer: int, quotas: Quotas, ports: Ports) -> Taken:
    """Claims a free slot for a new session (takes the slot in one transaction), unless others already wait in line.

    If others wait, NoFreeSlot sends the session to the line. The pool's approximate count of free slots only avoids a
    search that would find nothing. If the count is too low or unknown, the session joins the line although a slot is
    free; the line then gets that slot.
    Raises: NoFreeSlot, ViewerLimitReached, QuotaExceeded, DuplicateLaunch.
    """
    if draft.not_before is not None:
        raise NoFreeSlot(draft.pool_id)  # the session waits for its event to start
    counted = ports.pools.free(draft.pool_id) or 0
    if counted <= 0 or _is_line(draft, ports):
        raise NoFreeSlot(draft.pool_id)
    losses = 0
    for free in find_free_slots(pool, ports, few=counted <= FEW_PAGE):
        try:
            return ports.claims.claim(free, assign(draft, free, ports.now()), sessions_per_viewer, quotas)
        except SlotLost:
            losses += 1
        if losses % LOSSES_BEFORE_LINE == 0 and _is_line(draft, ports):
            break  # other requests found no free slot, so this search would not either; the session joins their line
    raise NoFreeSlot(draft.pool_id)


def _is_line(draft: Session, ports: Ports) -> bool:
    return ports.line.head(draft.pool_id, ports.now(), draft.application_id) is not None


def _queued(draft: Session) -> Session:
    """Returns the session as Queued.

    Until the session's page connects, the page counts as disconnected since the request. So a session whose page never
    connects loses its place in line after the same time as a session whose page disconnects.
    """
    return moved(
        replace(draft, page_gone_at=draft.requested_at),
        SessionMove(
            to=SessionState.QUEUED,
            at=draft.requested_at,
            sources=frozenset({SessionState.REQUESTED}),
            deadline_at=(draft.not_before or draft.requested_at) + draft.limits.placement_timeout_s,
        ),
    )


def _requested(session: Session) -> SessionRequested:
    return SessionRequested(
        session_id=session.session_id,
        pool_id=session.pool_id,
        application_id=session.application_id,
        requested_at=iso(session.requested_at),
    )
