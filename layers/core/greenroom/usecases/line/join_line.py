"""Decides whether a new session may start or must wait, and in which order it is served if it waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import ApplicationClosed, LineFull, NotOpenYet
from greenroom.domain.line.admission import arrival_in, pre_queue_of
from greenroom.domain.line.line import head_start_of, order_at
from greenroom.domain.pool.pool import Admission

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent
    from greenroom.domain.pool.pool import Application, Pool
    from greenroom.domain.session.session import Session
    from greenroom.ports.event import HasEvents
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.line import HasLine
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.session import HasClaims
    from greenroom.ports.world import Clock

    class Ports(Clock, HasCatalog, HasClaims, HasEvents, HasFleet, HasLine, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


SOONEST_S, LATEST_S = 10, 3600
"""The shortest and the longest time after which a refused viewer is asked to try again, seconds.

The shortest prevents a tight loop of requests; the longest keeps the viewer from waiting until tomorrow.
"""


def check_admission(draft: Session, application: Application, pool: Pool, ports: Ports) -> Session:
    """Checks that the application takes new sessions, and returns the session as admitted.

    A session that is requested before its scheduled event starts waits in the event's pre-queue (the line before the
    start): its order in line is set, and it gets no slot before the start.
    A viewer who already has as many sessions as allowed gets ViewerLimitReached, which names one of these sessions,
    even if the application was closed since. An application whose pool now serves another application counts as closed,
    because its sessions would never get a slot.
    Raises: ApplicationClosed, NotOpenYet, ViewerLimitReached, DuplicateLaunch.
    """
    if pool.application_id != application.application_id:
        ports.claims.check_viewer(draft, application.sessions_per_viewer)
        raise ApplicationClosed(f"The application is closed: its pool {pool.pool_id} serves another application now.")
    events = _events_that_decide(application, ports)
    try:
        event = pre_queue_of(application.admission, events, draft.requested_at)
    except (ApplicationClosed, NotOpenYet):
        ports.claims.check_viewer(draft, application.sessions_per_viewer)
        raise
    if event is None:
        return draft
    arrived_at = arrival_in(event, draft.viewer_id, draft.requested_at)
    head_start_s = head_start_of(draft.tier, pool.tiers)
    return replace(draft, not_before=event.start, order_at=order_at(arrived_at, head_start_s))


def _events_that_decide(application: Application, ports: Ports) -> Sequence[ScheduledEvent]:
    """Returns the scheduled events that decide whether the application takes viewers; empty if no event decides."""
    if application.admission is not Admission.AUTOMATIC:
        return []
    from greenroom.usecases.event.read_event import events_of_pool  # most applications are simply open

    return events_of_pool(application.pool_id, ports)


def check_line(draft: Session, application: Application, pool: Pool, ports: Ports) -> int:
    """Checks that the line has room for one more session, and returns how many sessions wait in line.

    Nothing is written, so simultaneous requests may exceed the limit. A viewer who already has as many sessions as
    allowed gets ViewerLimitReached, which names one of these sessions, instead of LineFull: after a reload, the page
    must find its place again.
    Raises: LineFull, ViewerLimitReached, DuplicateLaunch.
    """
    length = ports.line.length(pool.pool_id)
    if length < pool.line_limit:
        return length
    ports.claims.check_viewer(draft, application.sessions_per_viewer)
    raise LineFull(pool.line_limit, _try_again_after_s(pool, ports))


def _try_again_after_s(pool: Pool, ports: Ports) -> int:
    """Returns after how many seconds a refused viewer should try again.

    By then, the first session in line will probably have a slot, which makes room for one more session.
    """
    from greenroom.usecases.line.forecast_line import forecast_line  # only where the line is full

    outlook = forecast_line(pool.pool_id, ports)
    return min(max(ceil(outlook.eta(1).p50 - outlook.now), SOONEST_S), LATEST_S)
