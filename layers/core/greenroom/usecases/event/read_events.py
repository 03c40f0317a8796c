"""The scheduled events that are not over."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.domain.errors import NotFound
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.ports import Ports


def coming_events(ports: Ports) -> Sequence[ScheduledEvent]:
    """Those that run now included; by their start."""
    found = []
    for event_id in ports.events.list_ids():
        try:
            found.append(ports.events.get(event_id))
        except NotFound:
            continue  # its row has expired, and the reaper has not looked yet
    return sorted((each for each in found if not each.is_final), key=lambda each: (each.start, each.event_id))
