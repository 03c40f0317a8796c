"""Scheduled events: one beside its pool, with how long that pool takes to warm for it; a pool's; those to come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.event.scheduled_event import ScheduledEvent, WarmTime
from greenroom.domain.event.warm_time import warm_time
from greenroom.domain.pool.pool import Pool
from greenroom.planning.growth import LAUNCHES_PER_PASS
from greenroom.ports.event import HasEvents
from greenroom.ports.pool import HasCatalog, HasPools, PoolRows


class Ports(HasCatalog, HasEvents, HasPools, Protocol):
    """What is reached here, callees included."""


@dataclass(frozen=True, slots=True)
class EventReading:
    """The event as it stands, and the rows its timing was made of."""

    event: ScheduledEvent
    pool: Pool
    rows: PoolRows
    instances: int  # how many its sessions fill
    warm: WarmTime


def read_event(event_id: str, ports: Ports) -> EventReading:
    """Raises: NotFound."""
    return reading_of(ports.events.get(event_id), ports)


def reading_of(event: ScheduledEvent, ports: Ports) -> EventReading:
    """Raises: NotFound (the pool)."""
    pool, rows = ports.catalog.pool(event.pool_id), ports.pools.read(event.pool_id)
    instances = -(-event.expected_sessions // _slots_per_instance(pool, ports))
    return EventReading(event, pool, rows, instances, warm_time(rows.boot_times, instances, LAUNCHES_PER_PASS))


def events_of_pool(pool_id: str, ports: Ports) -> list[ScheduledEvent]:
    """Those that are listed: not over, or only just."""
    return [each for each in _listed(ports) if each.pool_id == pool_id]


def coming_events(ports: Ports) -> list[ScheduledEvent]:
    """Those that are not over, of all pools, by their start; those that run now included."""
    return sorted((each for each in _listed(ports) if not each.is_final), key=lambda each: (each.start, each.event_id))


def _listed(ports: Ports) -> Iterator[ScheduledEvent]:
    for event_id in ports.events.list_ids():
        with suppress(NotFound):  # its row is gone; the reaper unlists it
            yield ports.events.get(event_id)


def _slots_per_instance(pool: Pool, ports: Ports) -> int:
    try:
        return ports.catalog.application(pool.application_id).slots_per_instance
    except NotFound:
        return 1  # pools may be configured first
