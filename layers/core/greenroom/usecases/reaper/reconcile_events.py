"""Repairs scheduled events (dates with viewers expected) in each pass of the reaper, the repair that runs every 10 s.

Steps that were missed because a schedule never fired or a state machine died are done. Leftover reservations (slots
kept for an event) are ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.usecases.event.advance_event import advance_event

if TYPE_CHECKING:
    from greenroom.ports.event import HasEvents
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.reaper import HasReaper
    from greenroom.ports.world import Clock
    from greenroom.usecases.reaper.repairs import Attempt

    class Ports(Clock, HasBus, HasCatalog, HasEvents, HasFleet, HasJournal, HasPools, HasReaper, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


AWAKE_BEFORE_S = 16 * 60
"""How long before an event's next step the reaper (the repair that normally runs every 10 s) must be awake, seconds.

A reaper without work is idle, and runs only every 15 minutes.
"""
SETTLED_AFTER_S = 300
"""How long the reaper (the repair that runs every 10 s) still looks at an event that is over or cancelled, seconds.

A slow step may set the event's reservation (slots kept for the event) after the event's end. The reaper's next pass
then ends this reservation.
"""


def reconcile_events(attempt: Attempt, ports: Ports) -> bool:
    """Does the due steps of all listed events. Returns whether the reaper, which calls this, must stay awake for them.

    The reaper must stay awake while an event has slots reserved, or has a step to be done soon. Preflights (checks
    whether an event's slots can be had) are left to the event's state machine, because preflights change nothing.
    """
    found: list[bool] = []
    for event_id in ports.events.list_ids():
        attempt(event_id, lambda one=event_id: found.append(_reconcile(one, ports)))  # type: ignore[misc]
    return any(found)


def _reconcile(event_id: str, ports: Ports) -> bool:
    """Does the due steps of one event. Returns whether the reaper (which calls this) must stay awake for the event."""
    try:
        advance = advance_event(event_id, ports)
    except NotFound:
        ports.events.unlist(event_id)  # the event's row is gone, so nothing is left to do
        return False
    now = ports.now()
    if advance.event.is_final and now >= advance.event.changed_at + SETTLED_AFTER_S:
        ports.events.unlist(event_id)
    is_near = advance.next_at is not None and advance.next_at <= now + AWAKE_BEFORE_S
    return advance.event.has_reservation or is_near
