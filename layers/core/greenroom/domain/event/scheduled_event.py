"""A scheduled event: a time for which a pool is warmed ahead, and the steps that lead through it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from greenroom.domain.errors import InvalidField
from greenroom.domain.event.preflight import Preflight
from greenroom.domain.pool.pool import Pool

DEFAULT_LEAD_S = 1200
"""How long before the start warming begins: the boot time allowed until boots are measured."""
DEFAULT_PRE_QUEUE_S = 300
"""How long before the start viewers may take the event's slots. Source: Cloudflare Waiting Room, 5 min."""
MARGIN_S = 60
"""All slots are to be Ready so long before the start."""
LONGEST_EVENT_S = 7 * 24 * 3600
FURTHEST_AHEAD_S = 366 * 24 * 3600
DAY_BEFORE_S = 24 * 3600
HOUR_BEFORE_S = 3600
SOONEST_S = 5
"""A one-time schedule in the past never fires: one that is due already is set this far ahead."""


@dataclass(frozen=True, slots=True)
class EventHold:
    """A reservation: `slots` held for an event. Consumed by the sessions that get a slot from its opening on."""

    slots: int
    taken_at: int | None = None  # the pool's count of slots taken when it opened; None: nothing is consumed yet


class EventState(StrEnum):
    """Where an event stands. Follows from the steps that were taken; Over and Cancelled absorb."""

    SCHEDULED = "Scheduled"  # nothing is held yet
    WARMING = "Warming"  # its slots are held, and nobody consumes them yet
    OPEN = "Open"  # each session that gets a slot consumes one of them
    OVER = "Over"  # past its end: nothing is held any more
    CANCELLED = "Cancelled"  # an operator took it back


class EventStep(StrEnum):
    """What is done once for each version of an event, in the order of its times."""

    PREFLIGHT_DAY = "preflightDay"
    PREFLIGHT_HOUR = "preflightHour"
    WARM = "warm"
    POINT_OF_NO_RETURN = "pointOfNoReturn"  # what is not on its way now will not be Ready in time
    OPEN = "open"
    MEASURE = "measure"
    GIVE_BACK = "giveBack"


PREFLIGHTS = frozenset({EventStep.PREFLIGHT_DAY, EventStep.PREFLIGHT_HOUR})
_STANDING = frozenset({EventStep.WARM, EventStep.OPEN})
"""Steps whose effect lasts: an edit keeps those that the new plan has taken already, too."""


@dataclass(frozen=True, slots=True)
class WarmTime:
    """How long a pool takes to warm: one boot, and what the passes take that start the other instances."""

    boot_s: float
    launching_s: float
    is_measured: bool  # False: no boot of this pool was seen yet, `boot_s` is what is allowed

    @property
    def whole_s(self) -> float:
        """From the first launch until the last instance is Ready."""
        return self.boot_s + self.launching_s


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """Times are epoch seconds. `version` grows with each edit, `revision` with each write and guards the next."""

    event_id: str
    pool_id: str
    name: str
    start: float
    end: float
    time_zone: str
    expected_sessions: int
    lead_s: int
    planned_at: float  # when this version was made; its preflight was made then, too
    pre_queue_s: int = DEFAULT_PRE_QUEUE_S
    maximum_cost_usd: float | None = None
    shuffle: bool = False  # those of the pre-queue are served in an order drawn by lot
    version: int = 1
    done: frozenset[EventStep] = frozenset()
    cancelled_at: float | None = None
    preflight: Preflight | None = None  # the last one
    revision: int = 0
    changed_at: float = 0.0  # the last write

    @property
    def state(self) -> EventState:
        """Follows from the row alone."""
        if self.cancelled_at is not None:
            return EventState.CANCELLED
        for step, state in _STATES:
            if step in self.done:
                return state
        return EventState.SCHEDULED

    @property
    def is_final(self) -> bool:
        """Whether nothing is done for it any more."""
        return self.state in (EventState.OVER, EventState.CANCELLED)

    @property
    def holds_slots(self) -> bool:
        """Whether its pool is to hold its slots."""
        return self.state in (EventState.WARMING, EventState.OPEN)


_STATES = (
    (EventStep.GIVE_BACK, EventState.OVER),
    (EventStep.OPEN, EventState.OPEN),
    (EventStep.WARM, EventState.WARMING),
)


def latest_safe_start(event: ScheduledEvent, warm: WarmTime) -> float:
    """Whoever begins to warm later will not have all slots Ready MARGIN_S before the start."""
    return event.start - MARGIN_S - warm.whole_s


def warms_at(event: ScheduledEvent, latest: float) -> float:
    """By its lead, by the latest safe start, or before its slots are consumed: whichever comes first."""
    return min(event.start - event.lead_s, latest, event.start - event.pre_queue_s)


def step_times(event: ScheduledEvent, warm: WarmTime) -> Mapping[EventStep, float]:
    """When each step is due, in order of the steps.

    Example: start 20:00, lead 20 min, pre-queue 5 min; a boot takes 4 min and the launches 10 s. Warm at 19:40 (the
    latest safe start would be 19:54:50), point of no return at 19:55, open at 19:55, measure at 20:00.
    """
    opens = event.start - event.pre_queue_s
    return {
        EventStep.PREFLIGHT_DAY: event.start - DAY_BEFORE_S,
        EventStep.PREFLIGHT_HOUR: event.start - HOUR_BEFORE_S,
        EventStep.WARM: warms_at(event, latest_safe_start(event, warm)),
        EventStep.POINT_OF_NO_RETURN: event.start - MARGIN_S - warm.boot_s,
        EventStep.OPEN: opens,
        EventStep.MEASURE: event.start,
        EventStep.GIVE_BACK: event.end,
    }


def open_steps(event: ScheduledEvent, now: float, warm: WarmTime) -> Mapping[EventStep, float]:
    """What is still to be done, and when; what is too late to make sense is left out."""
    if event.is_final:
        return {}
    times = step_times(event, warm)
    if now >= event.end:
        return {EventStep.GIVE_BACK: times[EventStep.GIVE_BACK]}
    return {
        step: at
        for step, at in times.items()
        if step not in event.done
        and not (step in PREFLIGHTS and (at <= event.planned_at or now >= event.start))
        and not (step is EventStep.POINT_OF_NO_RETURN and now >= event.start)
    }


def edited(event: ScheduledEvent, now: float, warm: WarmTime) -> ScheduledEvent:
    """The next version of an event whose wishes were changed: steps begin anew, but for a hold that stays due."""
    times = step_times(event, warm)
    kept = frozenset(step for step in event.done & _STANDING if times[step] <= now)
    return replace(event, version=event.version + 1, planned_at=now, done=kept, preflight=None)


def check_event(event: ScheduledEvent, pool: Pool, now: float, *, moved: bool = True) -> None:
    """`moved`: the start is new, so it must lie ahead. Raises: InvalidField naming the field."""
    if moved and event.start <= now:
        raise InvalidField("start", "must lie ahead")
    if event.start > now + FURTHEST_AHEAD_S:
        raise InvalidField("start", "must lie within a year")
    if event.end <= event.start:
        raise InvalidField("end", "must be after start")
    if event.end <= now:
        raise InvalidField("end", "must lie ahead; cancel the event to end it now")
    if event.end > event.start + LONGEST_EVENT_S:
        raise InvalidField("end", "must be within 7 days of start")
    maximum = pool.policy.maximum
    if not 0 < event.expected_sessions <= maximum:
        reason = f"must be 1 to {maximum}, the maximum of the pool; raise that first"
        raise InvalidField("expectedSessions", reason)


def event_id_of(operator: str, client_token: str) -> str:
    """The same for a repeated call, so that a second one finds the first: `evt-` and 26 base32 characters."""
    digest = hashlib.sha256(f"{operator}\n{client_token}".encode()).digest()[:16]
    return f"evt-{base64.b32encode(digest).decode().rstrip('=').lower()}"
