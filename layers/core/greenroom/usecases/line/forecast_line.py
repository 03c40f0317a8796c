"""Forecasts how long the sessions in a pool's line will wait for a slot.

Slots become free when sessions end, instances boot or start, and used slots are reset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.event.warm_time import PASS_S
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.instance.launch import boot_deadline_s
from greenroom.domain.session.eta import Eta
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.forecast_reason import Situation, reason_of
from greenroom.planning.forecast_wait import Forecast, Source
from greenroom.planning.lifetimes import Lifetime, Lived, session_lifetime
from greenroom.planning.plan_capacity import plan_capacity
from greenroom.planning.snapshot import COMING
from greenroom.usecases.pool.read_snapshot import count_slots, read_snapshot

if TYPE_CHECKING:
    from greenroom.domain.slot.slot import Slot
    from greenroom.planning.snapshot import PoolSnapshot
    from greenroom.ports.instance import HasFleet, Member
    from greenroom.ports.line import HasLine
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.world import Clock
    from greenroom.usecases.pool.read_snapshot import PoolReading

    class Ports(Clock, HasCatalog, HasFleet, HasLine, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


UNMEASURED_BOOTS_S = (150.0, 180.0, 210.0, 240.0, 300.0, 420.0, 600.0)
"""Boot times (seconds) that are assumed while no boot of the pool's instances was measured: minutes, very uncertain."""
UNMEASURED_STARTS_S = (45.0, 60.0, 75.0, 90.0, 120.0, 180.0)
"""Start times (seconds) that are assumed for stopped instances of the warm pool: a minute or two."""
RESET_S = 5.0
"""How long a slot is assumed to take until a fresh process runs in it after a session, seconds.

If the application's own limit for a reset is shorter, the limit is assumed.
"""
SERVED_WITHIN_S = float(PASS_S)
"""How long after an event's start the sessions in line may still wait until slots are given to them, seconds.

The event's state machine gives the slots at the start. If the state machine fails, the next pass (run) of the reaper
does so.
"""
AT_ONCE = Lifetime((), 0.001, 0.0)
"""The distribution of the time until a slot is free, for a slot that is free already."""


@dataclass(frozen=True, slots=True)
class Laws:
    """The distributions of how long sessions, boots, starts and resets last in this pool.

    A boot is that of a new instance. A start is that of a stopped instance from the warm pool. A reset gives a used
    slot a fresh process.
    """

    sessions: Lifetime
    boots: Lifetime
    starts: Lifetime
    resets: Lifetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """A pool's forecast, made at `now`, from which the wait at any place in line can be computed.

    `sources`: what will bring free slots, such as running sessions that end, or instances that boot. `situation`: what
    the pool does to give slots to the viewers in line.
    """

    sources: Sequence[Source]
    situation: Situation
    now: float
    _forecasts: dict[float, Forecast] = field(default_factory=dict)

    def eta(self, place: int, not_before: float | None = None) -> Eta:
        """Forecasts when the session at this place in line (1 = next) will get a slot.

        `not_before`: the start of the scheduled event that the session waits for; None: the session waits for no event.
        """
        if not_before is None or not_before <= self.now:
            wait = self._forecast(0.0).wait(place)
            return Eta(place, self.now + wait.p50_s, self.now + wait.p90_s, reason_of(place, self.situation), self.now)
        wait = self._forecast(not_before - self.now).wait(place)
        p90 = max(self.now + wait.p90_s, not_before + SERVED_WITHIN_S)
        return Eta(place, self.now + wait.p50_s, p90, reason_of(place, self.situation, not_before), self.now)

    def _forecast(self, held_s: float) -> Forecast:
        """Returns the forecast for all sessions whose event starts in `held_s` seconds (0: they wait for no event).

        Each forecast is computed only once.
        """
        if held_s not in self._forecasts:
            self._forecasts[held_s] = Forecast(self.sources, held_s)
        return self._forecasts[held_s]


def forecast_line(pool_id: str, ports: Ports) -> Outlook:
    """Reads the pool and forecasts its line. Raises: NotFound (the pool or its application is not configured)."""
    return outlook_of(read_snapshot(pool_id, ports))


def outlook_of(reading: PoolReading) -> Outlook:
    """Forecasts the line of a pool from one reading of the pool's rows.

    There is always a forecast. When no slot is in use, starting or planned, the forecast assumes that the next pass of
    the planner launches instances, and that each launch takes a whole boot.
    """
    now, laws = reading.snapshot.now, _laws(reading)
    coming = list(_coming(reading, laws))
    serving = [source for each in reading.own for source in _serving(each, reading, laws)]
    planned = _planned(reading, laws)
    each = reading.application.slots_per_instance
    fallback = Source(laws.boots, delay_s=PASS_S, count=max(each, reading.pool.policy.maximum), next=laws.sessions)
    sources = [*coming, *serving, *planned] or [fallback]
    warming = sum(one.instance.state in COMING for one in reading.own)
    situation = Situation(
        warming=warming + -(-reading.snapshot.open_launch_slots // each),
        first_ready_s=Forecast(coming).wait(1).p50_s if coming else 0.0,
        planned=sum(-(-source.count // each) for source in planned),
        planned_ready_s=Forecast(planned).wait(1).p50_s if planned else 0.0,
        next_free_s=Forecast(serving).wait(1).p50_s if serving else None,
        cooldown_until=_cooldown_until(reading) if not coming else None,
        halted=reading.snapshot.halted is not None,
        can_grow=_can_grow(reading.snapshot),
    )
    return Outlook(sources, situation, now)


def _laws(reading: PoolReading) -> Laws:
    rows, limits, now = reading.rows, reading.application.limits, reading.snapshot.now
    held = [slot for each in reading.own for slot in each.slots if slot.session_id is not None]
    ages = [_age(slot, now) for slot in held]
    longest = boot_deadline_s(rows.boot_times)
    return Laws(
        sessions=session_lifetime(rows.session_lengths, ages, float(limits.maximum_session_s), now),
        boots=_measured(rows.boot_times or UNMEASURED_BOOTS_S, longest),
        starts=_measured(UNMEASURED_STARTS_S, longest),
        resets=Lifetime((), RESET_S, float(limits.reset_timeout_s)),
    )


def _measured(seconds: tuple[float, ...], longest_s: float) -> Lifetime:
    return Lifetime([Lived(each) for each in seconds], sum(seconds) / len(seconds), longest_s)


def _serving(member: Member, reading: PoolReading, laws: Laws) -> Iterator[Source]:
    """Yields the instance's slots that are free, in use or resetting, as sources of slots for the line.

    Only a Ready instance has such slots: when an instance is drained or being lost, its slots are given to nobody any
    more.
    """
    if member.instance.state is not InstanceState.READY:
        return
    now = reading.snapshot.now
    for slot in member.slots:
        if slot.state is SlotState.FREE:
            yield Source(AT_ONCE, next=laws.sessions)
        elif slot.state is SlotState.RESETTING:
            limit_s = reading.application.limits.reset_timeout_s
            since = max(0.0, limit_s - max(0.0, (slot.deadline_at or now) - now))
            yield Source(laws.resets, since, next=laws.sessions)
        elif slot.session_id is not None and slot.state is not SlotState.RETIRED:
            reset_s = min(RESET_S, float(reading.application.limits.reset_timeout_s))
            yield Source(laws.sessions, _age(slot, now), reset_s, next=laws.sessions)


def _age(slot: Slot, now: float) -> float:
    return max(0.0, now - slot.taken_at) if slot.taken_at is not None else 0.0


def _coming(reading: PoolReading, laws: Laws) -> Iterator[Source]:
    """Yields the slots of starting instances, and of launches without an instance yet, as sources of slots."""
    for each in reading.own:
        one = each.instance
        if one.state in COMING:
            law = laws.boots if one.ready_at is None else laws.starts
            slots = max(0, one.slot_count - count_slots(each.slots, SlotState.RETIRED))
            age = max(0.0, reading.snapshot.now - one.launched_at)
            yield Source(law, age, count=slots, next=laws.sessions)
    if reading.snapshot.open_launch_slots:
        yield Source(laws.boots, count=reading.snapshot.open_launch_slots, next=laws.sessions)


def _planned(reading: PoolReading, laws: Laws) -> list[Source]:
    """Returns the slots that the next pass of the planner would start and launch, as sources of slots for the line.

    If the pool's launches are paused after failures, the launches that the first pass after the pause would make are
    returned instead.
    """
    cooled_down = replace(reading.snapshot, launch_rests_until=0.0)
    plan = plan_capacity(cooled_down)
    delay = max(float(PASS_S), (_cooldown_until(reading) or 0.0) - reading.snapshot.now)
    starts = [Source(laws.starts, delay_s=PASS_S, count=each.slots, next=laws.sessions) for each in plan.starts]
    wanted = [each for each in plan.launches if not each.for_warm_tier]
    return starts + [Source(laws.boots, delay_s=delay, count=each.slots, next=laws.sessions) for each in wanted]


def _can_grow(snapshot: PoolSnapshot) -> bool:
    """Whether the pool could start or launch any instance, if it were neither halted nor paused after failures."""
    asked = replace(snapshot, queued=snapshot.policy.maximum, held_back=0, halted=None, launch_rests_until=0.0)
    plan = plan_capacity(asked)
    return bool(plan.starts) or any(not each.for_warm_tier for each in plan.launches)


def _cooldown_until(reading: PoolReading) -> float | None:
    until = reading.rows.launch_rests_until
    return until if until > reading.snapshot.now else None
