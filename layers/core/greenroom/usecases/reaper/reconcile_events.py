"""The reaper's repair of scheduled events.

It does steps that were missed because a schedule never fired or a state machine died, and ends leftover reservations.
"""

from __future__ import annotations

from collections.abc import Callable
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

    class Ports(Clock, HasBus, HasCatalog, HasEvents, HasFleet, HasJournal, HasPools, HasReaper, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


Attempt = Callable[[str, Callable[[], None]], None]
"""Runs one repair. An error is kept until the end of the pass, so that one bad row does not stop the other repairs."""
AWAKE_BEFORE_S = 16 * 60
"""How long before an event's next step the reaper stays awake: an idle reaper runs only every 15 minutes."""
SETTLED_AFTER_S = 300
"""How long an event that is over or cancelled stays listed.

A slow step may still set the event's reservation after its end; a later pass of the reaper then undoes that.
"""


def reconcile_events(attempt: Attempt, ports: Ports) -> bool:
    """Does the due steps of all listed events. Returns whether any event has slots reserved, or soon has a step to do.

    Preflights are left to the event's state machine, because they change nothing.
    """
    found: list[bool] = []
    for event_id in ports.events.list_ids():
        attempt(event_id, lambda one=event_id: found.append(_reconcile(one, ports)))  # type: ignore[misc]
    return any(found)


def _reconcile(event_id: str, ports: Ports) -> bool:
    """Does the due steps of one event. Returns whether the reaper must stay awake for it."""
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
