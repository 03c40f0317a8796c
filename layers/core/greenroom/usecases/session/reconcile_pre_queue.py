"""Keeps the sessions in a pre-queue in step with the scheduled event whose start they wait for.

A pre-queue is the line before an event's start. Operators may edit or cancel the event, or open the application to
everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound, NotOpenYet
from greenroom.domain.line.admission import held_until
from greenroom.domain.pool.pool import Application
from greenroom.usecases.event.read_event import events_of_pool
from greenroom.usecases.session.end_session import end_held_session

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent
    from greenroom.ports.event import HasEvents
    from greenroom.ports.line import HasLine, LineTicket
    from greenroom.ports.notify import HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock

    class Ports(
        Clock, HasCatalog, HasConnections, HasEvents, HasLine, HasPools, HasSessions, HasSocket, HasTasks, Protocol
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def reconcile_pre_queue(pool_id: str, ports: Ports) -> None:
    """Makes each session in the pool's pre-queues wait for the start of its event, as the event is planned now.

    A pre-queue is the line before a scheduled event starts. A session that need not wait for an event any more may get
    a slot at once. A session whose event will not take place is ended. This function gives no slots: once an event has
    begun, its sessions get slots in the order of the line.
    Costs one query when no session waits for an event.
    """
    tickets = ports.line.held_back(pool_id, ports.now())
    if not tickets:
        return
    events, applications = events_of_pool(pool_id, ports), dict[str, Application]()
    for ticket in tickets:
        with suppress(NotFound):
            _reconcile(ticket, events, applications, ports)


def _reconcile(
    ticket: LineTicket, events: Sequence[ScheduledEvent], applications: dict[str, Application], ports: Ports
) -> None:
    session = ports.sessions.get(ticket.session_id)
    if session.not_before is None:
        return
    name = session.application_id
    if name not in applications:
        applications[name] = ports.catalog.application(name)
    try:
        until = held_until(applications[name].admission, events, session.not_before, ports.now())
    except NotOpenYet:
        end_held_session(session, ports)
        return
    if until != session.not_before:
        ports.line.postpone(session, until, (until or ports.now()) + session.limits.placement_timeout_s)
