"""A scheduled event: a period for which a pool launches instances in advance, and the steps from preparation to end."""

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
"""How long before its start an event begins to warm: the pool reserves slots, and launches instances for them. As long
as a boot may take in a pool whose boots were never measured.
"""
DEFAULT_PRE_QUEUE_S = 300
"""How long before its start an event opens: viewers may wait in its pre-queue, and sessions may use its slots. Source:
Cloudflare Waiting Room, 5 min.
"""
MARGIN_S = 60
"""All slots of an event should be Ready this long before its start."""
LONGEST_EVENT_S = 7 * 24 * 3600
FURTHEST_AHEAD_S = 366 * 24 * 3600
DAY_BEFORE_S = 24 * 3600
HOUR_BEFORE_S = 3600
SOONEST_S = 5
"""A step that is already due is scheduled this far ahead, because a one-time schedule in the past never fires."""


@dataclass(frozen=True, slots=True)
class EventReservation:
    """A pool's reservation for an event: `slots` that are kept for the event's sessions, used up and not refilled.

    From the moment the event opens, each session of the pool that gets a slot uses up one reserved slot.
    """

    slots: int
    taken_at: int | None = None  # the pool's `taken` count when the event opened; None: not open yet


class EventState(StrEnum):
    """The state of an event. It follows from the steps that were done; Over and Cancelled are final."""

    SCHEDULED = "Scheduled"  # no slots are reserved for it yet
    WARMING = "Warming"  # slots are reserved for it, and no session uses them up yet
    OPEN = "Open"  # each session that gets a slot uses up a reserved one
    OVER = "Over"  # past its end: its reservation has ended
    CANCELLED = "Cancelled"  # an operator cancelled the event


class EventStep(StrEnum):
    """A step of a scheduled event, such as warming: reserving its slots and launching instances for them.

    Steps run in the order of their times, each once per version of the event; editing the event makes a new version.
    """

    PREFLIGHT_DAY = "preflightDay"
    PREFLIGHT_HOUR = "preflightHour"
    WARM = "warm"
    POINT_OF_NO_RETURN = "pointOfNoReturn"  # an instance launched later would not be Ready in time
    OPEN = "open"
    MEASURE = "measure"
    GIVE_BACK = "giveBack"


PREFLIGHTS = frozenset({EventStep.PREFLIGHT_DAY, EventStep.PREFLIGHT_HOUR})
_STANDING = frozenset({EventStep.WARM, EventStep.OPEN})
"""Steps with a lasting effect. When an event is edited after such a step, and the step is due in the new plan as well,
it is not done again.
"""


@dataclass(frozen=True, slots=True)
class WarmTime:
    """How long a pool takes to make an event's slots Ready: one boot, plus the time to launch all instances."""

    boot_s: float
    launching_s: float
    is_measured: bool  # False: no boot of this pool was seen yet, so `boot_s` is the allowed time

    @property
    def whole_s(self) -> float:
        """Seconds from the first launch until the last instance is Ready."""
        return self.boot_s + self.launching_s


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """One scheduled event. Times are epoch seconds.

    `version` grows with each edit by an operator. `revision` grows with each write, and a writer compares it.
    """

    event_id: str
    pool_id: str
    name: str
    start: float
    end: float
    time_zone: str
    expected_sessions: int
    lead_s: int
    planned_at: float  # when this version was made; a preflight is made at the same time
    pre_queue_s: int = DEFAULT_PRE_QUEUE_S
    maximum_cost_usd: float | None = None
    shuffle: bool = False  # viewers in the pre-queue are served in random order
    version: int = 1
    done: frozenset[EventStep] = frozenset()
    cancelled_at: float | None = None
    preflight: Preflight | None = None  # the latest preflight
    revision: int = 0
    changed_at: float = 0.0  # the time of the last write

    @property
    def state(self) -> EventState:
        """The event's state, which follows from the steps that were done."""
        if self.cancelled_at is not None:
            return EventState.CANCELLED
        for step, state in _STATES:
            if step in self.done:
                return state
        return EventState.SCHEDULED

    @property
    def is_final(self) -> bool:
        """Whether the event is over or cancelled, so that no further step is done for it."""
        return self.state in (EventState.OVER, EventState.CANCELLED)

    @property
    def has_reservation(self) -> bool:
        """Whether the pool must reserve slots for the event."""
        return self.state in (EventState.WARMING, EventState.OPEN)


_STATES = (
    (EventStep.GIVE_BACK, EventState.OVER),
    (EventStep.OPEN, EventState.OPEN),
    (EventStep.WARM, EventState.WARMING),
)


def latest_safe_start(event: ScheduledEvent, warm: WarmTime) -> float:
    """The last moment to begin warming (launching instances) if all slots must be Ready MARGIN_S before the start."""
    return event.start - MARGIN_S - warm.whole_s


def warms_at(event: ScheduledEvent, latest: float) -> float:
    """When the event begins to warm (the pool reserves slots and launches instances): the earliest of three times.

    The three are: `lead_s` before the event's start, the latest safe start, and the opening of the pre-queue.
    """
    return min(event.start - event.lead_s, latest, event.start - event.pre_queue_s)


def step_times(event: ScheduledEvent, warm: WarmTime) -> Mapping[EventStep, float]:
    """When each step of the event is due, in the order of the steps.

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
    """The steps of the event that are still to be done, and when. Steps that have become pointless are left out."""
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
    """The event after an operator edited its settings, as a new version.

    All steps are done again for the new version, except warming and opening: they count as done if they were done
    before and the new plan has them in the past as well.
    """
    times = step_times(event, warm)
    kept = frozenset(step for step in event.done & _STANDING if times[step] <= now)
    return replace(event, version=event.version + 1, planned_at=now, done=kept, preflight=None)


def check_event(event: ScheduledEvent, pool: Pool, now: float, *, moved: bool = True) -> None:
    """Checks the event's settings. `moved`: the operator changed the start, so the start must be in the future.

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
    """The id of an event that an operator creates with a client token: `evt-` and 26 base32 characters.

    A repeated call with the same token gets the same id, so that it finds the event of the first call.
    """
    digest = hashlib.sha256(f"{operator}\n{client_token}".encode()).digest()[:16]
    return f"evt-{base64.b32encode(digest).decode().rstrip('=').lower()}"
