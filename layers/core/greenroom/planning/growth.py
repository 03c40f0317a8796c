"""Decides how a pool gets more slots: stopped instances are started first, then new instances are launched. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import Placement
from greenroom.planning.demand import wanted_slots
from greenroom.planning.markets import choose_markets
from greenroom.planning.plan import PlannedLaunch, PlannedStart, Rejected
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot

LAUNCHES_PER_PASS = 20
"""How many instances one pass (one run of the planner) may start and launch. Source: RunInstances refills 2 calls a
second.
"""
COOLING_DOWN = "launches are paused after failures in a row"


@dataclass(frozen=True, slots=True)
class Growth:
    """The instances to start and to launch for the missing slots, and the alternatives that were rejected."""

    starts: tuple[PlannedStart, ...] = ()
    launches: tuple[PlannedLaunch, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def grow(snapshot: PoolSnapshot, lacking: int) -> Growth:
    """Returns which instances to start and to launch so that the pool gets `lacking` more slots.

    Nothing is started or launched when no slots are lacking, or when the pool is halted (its launches are stopped).
    """
    if lacking <= 0:
        return Growth()
    if snapshot.halted is not None:
        return Growth(rejected=(Rejected(f"start or launch {lacking} slots", halted_because(snapshot)),))
    starts = _starts(snapshot, lacking)
    started = sum(each.slots for each in starts)
    launches, refused = _launches(snapshot, lacking, started, LAUNCHES_PER_PASS - len(starts))
    kept_off = _kept_off(snapshot) if lacking > started else ()
    return Growth(starts, launches, (*kept_off, *refused))


def halted_because(snapshot: PoolSnapshot) -> str:
    return f"the pool is halted: {snapshot.halted}"


def _starts(snapshot: PoolSnapshot, lacking: int) -> tuple[PlannedStart, ...]:
    reason = f"{lacking} slots lacking of {wanted_slots(snapshot)} wanted"
    room = snapshot.policy.maximum - snapshot.paid_slots
    chosen: list[PlannedStart] = []
    for each in _next_started(snapshot):
        if lacking <= 0 or len(chosen) == LAUNCHES_PER_PASS:
            break
        if each.slot_count <= room:
            chosen.append(PlannedStart(each.instance_id, each.slots, reason))
            lacking, room = lacking - each.slots, room - each.slot_count
    return tuple(chosen)


def _next_started(snapshot: PoolSnapshot) -> Iterator[InstanceLoad]:
    """Yields the stopped instances that can be started now, in the order in which to start them.

    With placement Distributed, the next instance is one in the zone with the fewest instances. Otherwise the instance
    that was stopped longest ago is started first.
    """
    waiting = [each for each in snapshot.instances if _why_not_startable(each, snapshot.now) is None]
    zones = Counter(each.zone for each in snapshot.instances if each.is_serving)
    spread = snapshot.policy.placement is Placement.DISTRIBUTED
    while waiting:
        one = min(
            waiting, key=lambda each: (zones[each.zone] if spread else 0, each.stopped_at or 0.0, each.instance_id)
        )
        waiting.remove(one)
        zones[one.zone] += 1
        yield one


def _why_not_startable(each: InstanceLoad, now: float) -> str | None:
    """Returns why the instance cannot be started now, or None if it can be started."""
    if each.state is not InstanceState.STOPPED or each.slots <= 0:
        return "it is not in the warm pool"
    if each.is_of_another:
        return "it runs another application"
    if each.stopped_at is None:
        return "EC2 has not stopped it yet"
    if each.rests_until is not None and now < each.rests_until:
        return "EC2 had no capacity to start it a moment ago"
    return None


def _kept_off(snapshot: PoolSnapshot) -> tuple[Rejected, ...]:
    stopped = [each for each in snapshot.instances if each.state is InstanceState.STOPPED]
    reasons = [(each.instance_id, _why_not_startable(each, snapshot.now)) for each in stopped]
    return tuple(Rejected(f"start {instance_id}", why) for instance_id, why in reasons if why)


def _launches(
    snapshot: PoolSnapshot, lacking: int, started: int, most: int
) -> tuple[tuple[PlannedLaunch, ...], tuple[Rejected, ...]]:
    each = snapshot.slots_per_instance
    needed = max(0, -(-(lacking - started) // each))
    if not needed:
        return (), ()
    if snapshot.now < snapshot.launch_rests_until:
        return (), (Rejected(f"launch {needed}", COOLING_DOWN),)
    room = max(0, snapshot.policy.maximum - snapshot.paid_slots - started) // each
    number = min(needed, room, most)
    limit = "the maximum of the pool" if room < most else "one pass starts no more"
    refused = (Rejected(f"launch {needed - number} more", limit),) if number < needed else ()
    chosen = choose_markets(snapshot, number, started)
    reason = f"{lacking} slots lacking of {wanted_slots(snapshot)} wanted"
    launches = tuple(PlannedLaunch(each, market, reason) for market in chosen.of_launches)
    return launches, (*refused, *(chosen.rejected if number else ()))
