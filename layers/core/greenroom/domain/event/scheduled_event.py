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
"""How many seconds before an event's start the pool begins to reserve slots and launch instances for the event. The
value is the longest time that a boot may take in a pool whose boots were never measured.
"""
DEFAULT_PRE_QUEUE_S = 300
"""How many seconds before an event's start its pre-queue opens: from then on, viewers may wait in line, and sessions
may use the event's slots. Source: Cloudflare Waiting Room, 5 min.
"""
MARGIN_S = 60
"""How many seconds before an event's start all its slots should be Ready."""
LONGEST_EVENT_S = 7 * 24 * 3600
FURTHEST_AHEAD_S = 366 * 24 * 3600
DAY_BEFORE_S = 24 * 3600
HOUR_BEFORE_S = 3600
SOONEST_S = 5
"""A step that is due already is scheduled this many seconds from now, because a schedule in the past never fires."""


@dataclass(frozen=True, slots=True)
class EventReservation:
    """A pool's reservation for a scheduled event: `slots` slots that are kept for the event's sessions.

    From the moment the event opens, each session of the pool that gets a slot uses up one reserved slot. A used slot is
    not replaced.
    """

    slots: int
    taken_at: int | None = None  # the pool's `taken` count when the event opened; None: not open yet


class EventState(StrEnum):
    """The state of a scheduled event, which follows from the event's finished steps. Over and Cancelled are final."""

    SCHEDULED = "Scheduled"  # no slots are reserved for it yet
    WARMING = "Warming"  # slots are reserved for it, and no session uses them up yet
    OPEN = "Open"  # each session that gets a slot uses up a reserved one
    OVER = "Over"  # past its end: its reservation has ended
    CANCELLED = "Cancelled"  # an operator cancelled the event


class EventStep(StrEnum):
    """A step of a scheduled event, such as warming (reserving slots and launching instances for the event).

    Steps run in the order of their times. When an operator edits the event, the event gets a new version; each step
    runs once per version.
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
"""Steps whose effect lasts when an operator edits the event. If such a step was done before the edit, and is due in the
new plan as well, the step is not repeated.
"""


@dataclass(frozen=True, slots=True)
class WarmTime:
    """How long a pool takes to make all slots of a scheduled event Ready.

    The time has two parts: one boot (`boot_s`), and the time until the last instance is launched (`launching_s`).
    """

    boot_s: float
    launching_s: float
    is_measured: bool  # False: no boot of this pool was seen yet, so `boot_s` is the allowed time

    @property
    def whole_s(self) -> float:
        """How many seconds pass from the first launch until the last instance is Ready."""
        return self.boot_s + self.launching_s


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """One scheduled event: a period for which a pool launches instances in advance. Times are epoch seconds.

    `version` grows with each edit by an operator. `revision` grows with each write of the event's row; a write is
    refused if the row has another revision than the writer read.
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
        """The event's state, which follows from the event's finished steps, or from its cancellation."""
        if self.cancelled_at is not None:
            return EventState.CANCELLED
        for step, state in _STATES:
            if step in self.done:
                return state
        return EventState.SCHEDULED

    @property
    def is_final(self) -> bool:
        """Whether the event is over or cancelled, so that no further step of the event will run."""
        return self.state in (EventState.OVER, EventState.CANCELLED)

    @property
    def has_reservation(self) -> bool:
        """Whether the pool must reserve slots for the event in the event's present state."""
        return self.state in (EventState.WARMING, EventState.OPEN)


_STATES = (
    (EventStep.GIVE_BACK, EventState.OVER),
    (EventStep.OPEN, EventState.OPEN),
    (EventStep.WARM, EventState.WARMING),
)


def latest_safe_start(event: ScheduledEvent, warm: WarmTime) -> float:
    """The last moment to begin launching instances, if all slots must be Ready MARGIN_S before the event's start."""
    return event.start - MARGIN_S - warm.whole_s


def warms_at(event: ScheduledEvent, latest: float) -> float:
    """When the pool begins to reserve slots and launch instances for the event: the earliest of three times.

    The three are: `lead_s` before the event's start; the opening of the event's pre-queue; and `latest`, the last
    moment at which launches would still be ready in time (`latest_safe_start`).
    """
    return min(event.start - event.lead_s, latest, event.start - event.pre_queue_s)


def step_times(event: ScheduledEvent, warm: WarmTime) -> Mapping[EventStep, float]:
    """When each step of the event is due, in the order of the steps.

    Example: start 20:00, lead 20 min, pre-queue 5 min; a boot takes 4 min and the launches 10 s. Warming (reserving
    slots and launching instances) is due at 19:40, although 19:54:50 would be early enough. The point of no return (an
    instance launched later would not be Ready in time) is at 19:55. The pre-queue opens at 19:55, and the slots are
    measured at 20:00.
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
    """The event's unfinished steps, each with its time. Steps that have become pointless are left out.

    Example of a pointless step: a preflight (check in advance) when the event has already started.
    """
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
    """Returns the event, whose settings an operator has just edited, as a new version with its steps to be done again.

    Two steps count as done if they were done before the edit and are due by now in the new plan as well: warming
    (reserving slots and launching instances) and opening.
    """
    times = step_times(event, warm)
    kept = frozenset(step for step in event.done & _STANDING if times[step] <= now)
    return replace(event, version=event.version + 1, planned_at=now, done=kept, preflight=None)


def check_event(event: ScheduledEvent, pool: Pool, now: float, *, moved: bool = True) -> None:
    """Checks an event's settings, such as its times and its expected number of sessions, before they are stored.

    `moved`: whether the operator changed the event's start; if so, the new start must be in the future.
    Raises: InvalidField (its `field` names the wrong setting).
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
    """The id of an event that an operator creates: `evt-` and 26 base32 characters, made from the client token.

    The client token is the caller's own id for the request. A repeated request with the same token gets the same id,
    and so finds the event that the first request created.
    """
    digest = hashlib.sha256(f"{operator}\n{client_token}".encode()).digest()[:16]
    return f"evt-{base64.b32encode(digest).decode().rstrip('=').lower()}"
