"""The reaper's look at scheduled events: a schedule that never fired, a machine that died, a hold nobody gave back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from greenroom.domain.errors import NotFound
from greenroom.ports.event import HasEvents
from greenroom.ports.instance import HasFleet
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.reaper import HasReaper
from greenroom.ports.world import Clock
from greenroom.usecases.event.advance_event import advance_event


class Ports(Clock, HasBus, HasCatalog, HasEvents, HasFleet, HasJournal, HasPools, HasReaper, Protocol):
    """What is reached here, callees included."""


Attempt = Callable[[str, Callable[[], None]], None]
"""Runs one repair; what it raises is kept for the end of the pass, so that one bad row does not stop the others."""
AWAKE_BEFORE_S = 16 * 60
"""A step so near is waited for: asleep, the reaper looks every 15 minutes only."""
SETTLED_AFTER_S = 300
"""An event that is over stays listed so long: a slow step that still set its hold is undone by a later look."""


def reconcile_events(attempt: Attempt, ports: Ports) -> bool:
    """Whether some event holds slots, or soon will. Preflights are left to the machine: they change nothing."""
    found: list[bool] = []
    for event_id in ports.events.list_ids():
        attempt(event_id, lambda one=event_id: found.append(_reconcile(one, ports)))  # type: ignore[misc]
    return any(found)


def _reconcile(event_id: str, ports: Ports) -> bool:
    """Whether the reaper must stay awake for it."""
    try:
        advance = advance_event(event_id, ports)
    except NotFound:
        ports.events.unlist(event_id)  # its row is gone: nothing can be done for it
        return False
    now = ports.now()
    if advance.event.is_final and now >= advance.event.changed_at + SETTLED_AFTER_S:
        ports.events.unlist(event_id)
    is_near = advance.next_at is not None and advance.next_at <= now + AWAKE_BEFORE_S
    return advance.event.holds_slots or is_near
