"""Reports pools to operators: configuration, instances, the number of slots that are wanted, and past decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.journal.entry import pool_entity
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.plan_capacity import plan_capacity
from greenroom.planning.reservations import slots_left_by_event
from greenroom.usecases.pool.read_snapshot import read_snapshot

if TYPE_CHECKING:
    from greenroom.domain.pool.pool import Halt, Pool
    from greenroom.ports.instance import HasFleet, Member
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasJournal, JournalRow
    from greenroom.ports.pool import HasCatalog, HasPools, PoolRows
    from greenroom.ports.world import Clock

    class Ports(Clock, HasCatalog, HasFleet, HasJournal, HasLine, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class EventShare:
    """The slots that a pool reserves for one scheduled event. `left`: how many of these slots are not used up yet."""

    event_id: str
    slots: int
    left: int


@dataclass(frozen=True, slots=True)
class PoolReport:
    """A pool at one moment, with its instances and slots counted by state.

    The counts come from an index, so they may be slightly outdated.
    """

    pool: Pool
    halted: Halt | None
    instances: Mapping[str, int]
    slots: Mapping[str, int]
    queued: int
    wanted: int  # slots that a planning pass would want now
    supply: int  # slots that serve now, or belong to instances that start
    events: tuple[EventShare, ...]


def report_pools(ports: Ports) -> list[PoolReport]:
    """Reports all pools as they are now, except those that are listed but not stored yet."""
    found = []
    for pool_id in ports.catalog.pool_ids():
        try:
            found.append(report_pool(pool_id, ports))
        except NotFound:
            continue  # the id is listed, but the pool's row does not exist yet
    return found


def report_pool(pool_id: str, ports: Ports) -> PoolReport:
    """Reports one pool as it is now. Raises: NotFound."""
    pool = ports.catalog.pool(pool_id)
    try:
        reading = read_snapshot(pool_id, ports)
    except NotFound:  # the application is not configured yet, so nothing was launched
        return _report(pool, ports.pools.read(pool_id), (), 0, 0, 0)
    plan = plan_capacity(reading.snapshot)
    return _report(reading.pool, reading.rows, reading.members, reading.snapshot.queued, plan.wanted, plan.supply)


def _report(pool: Pool, rows: PoolRows, members: Sequence[Member], queued: int, wanted: int, supply: int) -> PoolReport:
    slots = Counter(slot.state for each in members for slot in each.slots)
    left = slots_left_by_event(rows.reservations, rows.taken)
    return PoolReport(
        pool=pool,
        halted=rows.halted,
        instances=dict(Counter(each.instance.state.value for each in members)),
        slots={state.value.lower(): slots[state] for state in SlotState},
        queued=queued,
        wanted=wanted,
        supply=supply,
        events=tuple(
            EventShare(event_id, reservation.slots, left[event_id])
            for event_id, reservation in sorted(rows.reservations.items())
        ),
    )


def instances_of_pool(pool_id: str, ports: Ports) -> Sequence[Member]:
    """Returns the pool's instances with their slots, oldest instance first. Raises: NotFound."""
    ports.catalog.pool(pool_id)
    return sorted(ports.fleet.list_of_pool(pool_id), key=attrgetter("instance.launched_at", "instance.instance_id"))


def decisions_of_pool(pool_id: str, limit: int, ports: Ports) -> Sequence[JournalRow]:
    """Returns the pool's last `limit` Journal entries (append-only records), newest first. Raises: NotFound."""
    ports.catalog.pool(pool_id)
    return ports.journal.newest(pool_entity(pool_id), limit)
