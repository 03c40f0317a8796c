"""Reads scheduled events: one event with its pool, all events of a pool, or all events that are not over.

An event is read together with its warm time: how long the pool takes to make the event's slots ready.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.event.warm_time import warm_time
from greenroom.planning.growth import LAUNCHES_PER_PASS

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent, WarmTime
    from greenroom.domain.pool.pool import Pool
    from greenroom.ports.event import HasEvents
    from greenroom.ports.pool import HasCatalog, HasPools, PoolRows

    class Ports(HasCatalog, HasEvents, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class EventReading:
    """A scheduled event, and the rows of its pool that determine when the event's steps are due."""

    event: ScheduledEvent
    pool: Pool
    rows: PoolRows
    instances: int  # how many instances the event's sessions need
    warm: WarmTime


def read_event(event_id: str, ports: Ports) -> EventReading:
    """Reads the event with this id, its pool, and its warm time. Raises: NotFound (the event or its pool).

    The warm time is how long the pool takes to make the event's slots ready.
    """
    return reading_of(ports.events.get(event_id), ports)


def reading_of(event: ScheduledEvent, ports: Ports) -> EventReading:
    """Reads the pool of an event that the caller has already read, and computes the event's warm time.

    The warm time is how long the pool takes to make the event's slots ready. Raises: NotFound (the pool).
    """
    pool, rows = ports.catalog.pool(event.pool_id), ports.pools.read(event.pool_id)
    instances = -(-event.expected_sessions // _slots_per_instance(pool, ports))
    return EventReading(event, pool, rows, instances, warm_time(rows.boot_times, instances, LAUNCHES_PER_PASS))


def events_of_pool(pool_id: str, ports: Ports) -> list[ScheduledEvent]:
    """Returns the pool's scheduled events, except those that ended or were cancelled more than a few minutes ago."""
    return [each for each in _listed(ports) if each.pool_id == pool_id]


def coming_events(ports: Ports) -> list[ScheduledEvent]:
    """Returns the scheduled events of all pools that are neither over nor cancelled, earliest start first."""
    return sorted((each for each in _listed(ports) if not each.is_final), key=lambda each: (each.start, each.event_id))


def _listed(ports: Ports) -> Iterator[ScheduledEvent]:
    for event_id in ports.events.list_ids():
        with suppress(NotFound):  # the event's row is gone; the reaper unlists the id
            yield ports.events.get(event_id)


def _slots_per_instance(pool: Pool, ports: Ports) -> int:
    try:
        return ports.catalog.application(pool.application_id).slots_per_instance
    except NotFound:
        return 1  # a pool may be configured before its application
