"""A scheduled event: a time for which a pool is warmed in advance, and the steps that prepare, open and close it."""

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
"""How long before the start warming begins: as long as a boot may take while no boot was measured."""
DEFAULT_PRE_QUEUE_S = 300
"""How long before the start viewers may use the event's slots. Source: Cloudflare Waiting Room, 5 min."""
MARGIN_S = 60
"""All slots should be Ready this long before the start."""
LONGEST_EVENT_S = 7 * 24 * 3600
FURTHEST_AHEAD_S = 366 * 24 * 3600
DAY_BEFORE_S = 24 * 3600
HOUR_BEFORE_S = 3600
SOONEST_S = 5
"""A one-time schedule in the past never fires, so a step that is due already is scheduled this far ahead."""


@dataclass(frozen=True, slots=True)
class EventReservation:
    """A pool's reservation for an event: `slots` that are kept free for it, used up by sessions and not refilled.

    From the opening on, each session of the pool that gets a slot uses up one.
    """

    slots: int
    taken_at: int | None = None  # the pool's `taken` count when it opened; None: not open yet, nothing is used up


class EventState(StrEnum):
    """The state of an event. It follows from the steps that were done; Over and Cancelled are final."""

    SCHEDULED = "Scheduled"  # no slots are reserved yet
    WARMING = "Warming"  # its slots are reserved, and no session uses them up yet
    OPEN = "Open"  # each session that gets a slot uses up one of them
    OVER = "Over"  # past its end: its reservation has ended
    CANCELLED = "Cancelled"  # an operator cancelled it


class EventStep(StrEnum):
    """A step in an event's life, done once for each version of the event, in the order of their times."""

    PREFLIGHT_DAY = "preflightDay"
    PREFLIGHT_HOUR = "preflightHour"
    WARM = "warm"
    POINT_OF_NO_RETURN = "pointOfNoReturn"  # an instance launched later would not be Ready in time
    OPEN = "open"
    MEASURE = "measure"
    GIVE_BACK = "giveBack"


PREFLIGHTS = frozenset({EventStep.PREFLIGHT_DAY, EventStep.PREFLIGHT_HOUR})
_STANDING = frozenset({EventStep.WARM, EventStep.OPEN})
"""Steps with a lasting effect: after an edit, those that are due in the new plan too need not be done again."""


@dataclass(frozen=True, slots=True)
class WarmTime:
    """How long a pool takes to warm: one boot, plus the time until the last instance has been launched."""

    boot_s: float
    launching_s: float
    is_measured: bool  # False: no boot of this pool was seen yet, `boot_s` is the time allowed

    @property
    def whole_s(self) -> float:
        """From the first launch until the last instance is Ready."""
        return self.boot_s + self.launching_s


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """One event. Times are epoch seconds.

    `version` grows with each edit by an operator; `revision` grows with each write, which compares it.
    """

    event_id: str
    pool_id: str
    name: str
    start: float
    end: float
    time_zone: str
    expected_sessions: int
    lead_s: int
    planned_at: float  # when this version was made, and with it a first preflight
    pre_queue_s: int = DEFAULT_PRE_QUEUE_S
    maximum_cost_usd: float | None = None
    shuffle: bool = False  # viewers in the pre-queue are served in random order
    version: int = 1
    done: frozenset[EventStep] = frozenset()
    cancelled_at: float | None = None
    preflight: Preflight | None = None  # the latest one
    revision: int = 0
    changed_at: float = 0.0  # the time of the last write

    @property
    def state(self) -> EventState:
        """The event's state, which follows from the steps done."""
        if self.cancelled_at is not None:
            return EventState.CANCELLED
        for step, state in _STATES:
            if step in self.done:
                return state
        return EventState.SCHEDULED

    @property
    def is_final(self) -> bool:
        """Whether the event is over or cancelled, so that nothing more is done for it."""
        return self.state in (EventState.OVER, EventState.CANCELLED)

    @property
    def has_reservation(self) -> bool:
        """Whether the pool must have slots reserved for the event."""
        return self.state in (EventState.WARMING, EventState.OPEN)


_STATES = (
    (EventStep.GIVE_BACK, EventState.OVER),
    (EventStep.OPEN, EventState.OPEN),
    (EventStep.WARM, EventState.WARMING),
)


def latest_safe_start(event: ScheduledEvent, warm: WarmTime) -> float:
    """The last moment to start warming if all slots must be Ready MARGIN_S before the start."""
    return event.start - MARGIN_S - warm.whole_s


def warms_at(event: ScheduledEvent, latest: float) -> float:
    """When warming begins: at the event's lead, the latest safe start or the opening, whichever comes first."""
    return min(event.start - event.lead_s, latest, event.start - event.pre_queue_s)


def step_times(event: ScheduledEvent, warm: WarmTime) -> Mapping[EventStep, float]:
    """When each step is due, in the order of the steps.

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
    """The steps that are still to be done, and when. Steps that have become pointless are left out."""
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
    """The next version of an event whose settings were changed.

    All steps are to be done again, except warming and opening if they were done and are due in the new plan as well.
    """
    times = step_times(event, warm)
    kept = frozenset(step for step in event.done & _STANDING if times[step] <= now)
    return replace(event, version=event.version + 1, planned_at=now, done=kept, preflight=None)


def check_event(event: ScheduledEvent, pool: Pool, now: float, *, moved: bool = True) -> None:
    """Checks the event's settings. `moved`: the start was changed, so it must be in the future.

    Raises: InvalidField naming the field.
    """
    if moved and event.start <= now:
        raise InvalidField("start", "must be in the future")
    if event.start > now + FURTHEST_AHEAD_S:
        raise InvalidField("start", "must be within a year from now")
    if event.end <= event.start:
        raise InvalidField("end", "must be after start")
    if event.end <= now:
        raise InvalidField("end", "must be in the future; cancel the event to end it now")
    if event.end > event.start + LONGEST_EVENT_S:
        raise InvalidField("end", "must be within 7 days of start")
    maximum = pool.policy.maximum
    if not 0 < event.expected_sessions <= maximum:
        reason = f"must be 1 to {maximum}, the maximum of the pool; raise that first"
        raise InvalidField("expectedSessions", reason)


def event_id_of(operator: str, client_token: str) -> str:
    """The id of an event made with a client token: `evt-` and 26 base32 characters.

    A repeated call gets the same id, so that it finds the event of the first call.
    """
    digest = hashlib.sha256(f"{operator}\n{client_token}".encode()).digest()[:16]
    return f"evt-{base64.b32encode(digest).decode().rstrip('=').lower()}"
