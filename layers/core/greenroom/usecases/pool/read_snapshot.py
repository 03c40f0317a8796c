"""Reads a pool's rows and counts them. The result is the snapshot from which the planner decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.instance.launch import NOT_WANTED, LaunchState
from greenroom.domain.pool.build import is_outdated
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.plan_capacity import InstanceLoad, PoolSnapshot
from greenroom.planning.reservations import slots_left

if TYPE_CHECKING:
    from greenroom.domain.instance.launch import Launch
    from greenroom.domain.pool.pool import Application, Pool
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.instance import HasFleet, Member
    from greenroom.ports.line import HasLine
    from greenroom.ports.pool import HasCatalog, HasPools, PoolRows
    from greenroom.ports.world import Clock

    class Ports(Clock, HasCatalog, HasFleet, HasLine, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


WARM_POOL_COOLDOWN_S = 600
"""How long nothing is launched for the warm pool after such a launch failed, seconds.

The warm pool is a pool's stopped instances, which start quickly. Launches for the warm pool are not urgent, and must
not delay other launches.
"""


@dataclass(frozen=True, slots=True)
class PoolReading:
    """The snapshot of a pool, from which the planner decides, and the rows from which the snapshot was counted.

    `members`: the pool's instances, each with its slots.
    """

    pool: Pool
    application: Application
    rows: PoolRows
    members: tuple[Member, ...]
    snapshot: PoolSnapshot

    @property
    def own(self) -> tuple[Member, ...]:
        """The instances that run the pool's present application. Only these instances can serve the pool's viewers."""
        return tuple(each for each in self.members if each.instance.application_id == self.pool.application_id)

    @property
    def others(self) -> tuple[Member, ...]:
        """The pool's instances that still run an application which the pool served before."""
        return tuple(each for each in self.members if each.instance.application_id != self.pool.application_id)


def read_snapshot(pool_id: str, ports: Ports) -> PoolReading:
    """Reads the pool's rows as they are now, and counts them for the planner.

    Raises: NotFound (the pool or its application is not configured).
    """
    pool = ports.catalog.pool(pool_id)
    return read_rows(pool, ports.catalog.application(pool.application_id), None, ports)


def read_rows(pool: Pool, application: Application, queued: int | None, ports: Ports) -> PoolReading:
    """Reads and counts a pool's rows like `read_snapshot`, for callers who have just read the pool and its application.

    `queued`: the number of sessions in line; None: the caller does not know the number.
    The pool's row and launches are read before its instances. A launch that is closed between the two reads has an
    instance by then, so its slots may be counted twice but are never missed. An instance that is added between the two
    reads belongs to a launch that was read as open.
    """
    pool_id = pool.pool_id
    rows, now = ports.pools.read(pool_id), ports.now()
    members = tuple(ports.fleet.list_of_pool(pool_id, rows.member_ids))
    queued = ports.line.length(pool_id) if queued is None else queued
    launches = _coming(rows, members)
    coming = [each for each in launches if each.application_id == pool.application_id]
    snapshot = PoolSnapshot(
        policy=pool.policy,
        slots_per_instance=application.slots_per_instance,
        instances=tuple(_load(each, application) for each in members),
        open_launch_slots=sum(each.slots for each in coming),
        open_on_demand_slots=sum(each.slots for each in coming if each.market == "on-demand"),
        queued=queued,
        held_back=len(ports.line.held_back(pool_id, now)) if queued and rows.reservations else 0,
        event_slots=slots_left(rows.reservations.values(), rows.taken),
        now=now,
        markets=pool.markets,
        longest_session_s=application.limits.maximum_session_s,
        halted=rows.halted.reason if rows.halted else None,
        surplus_since=rows.surplus_since,
        surplus_least=rows.surplus_least,
        give_back_slots=rows.give_back_slots if now < rows.give_back_until else 0,
        launch_rests_until=rows.launch_rests_until,
        warm_pool_cooldown_until=_warm_pool_cooldown_until(rows.launches),
        launch_slots_of_another=sum(each.slots for each in launches) - sum(each.slots for each in coming),
    )
    return PoolReading(pool, application, rows, members, snapshot)


def _coming(rows: PoolRows, members: tuple[Member, ...]) -> list[Launch]:
    """Returns the open launches (intents to start an instance) whose instance is not among `members`."""
    shown = {each.instance.launch_id for each in members}
    return [launch for launch in rows.launches if launch.is_open and launch.launch_id not in shown]


def _warm_pool_cooldown_until(launches: Iterable[Launch]) -> float:
    """Returns until when nothing is launched for the warm pool (stopped instances), because such a launch failed.

    Returns 0 if no such launch failed.
    In the row of a failed launch, `deadline_at` says when the launch failed. A launch that was given up because it was
    no longer wanted does not count as failed.
    """
    over = [each for each in launches if each.for_warm_tier and each.state is LaunchState.FAILED]
    failed = [each.deadline_at for each in over if each.reason != NOT_WANTED]
    return max(failed) + WARM_POOL_COOLDOWN_S if failed else 0.0


def _load(member: Member, application: Application) -> InstanceLoad:
    instance = member.instance
    return InstanceLoad(
        instance_id=instance.instance_id,
        state=instance.state,
        slot_count=instance.slot_count,
        market=instance.market,
        launched_at=instance.launched_at,
        free=count_slots(member.slots, SlotState.FREE),
        busy=sum(each.session_id is not None for each in member.slots),
        retired=count_slots(member.slots, SlotState.RETIRED),
        zone=instance.zone,
        stopped_at=instance.stopped_at,
        rests_until=instance.rests_until,
        is_of_another=instance.application_id != application.application_id,
        is_outdated=is_outdated(instance, application),
    )


def count_slots(slots: tuple[Slot, ...], state: SlotState) -> int:
    """Returns how many of the slots are in this state."""
    return sum(each.state is state for each in slots)
