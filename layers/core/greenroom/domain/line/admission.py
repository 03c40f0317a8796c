"""When a viewer may start a session: an application's admission, and the pre-queue of a scheduled event. Pure.

The pre-queue is the time just before an event's start, when viewers may already wait in line for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from greenroom.domain.errors import ApplicationClosed, NotOpenYet
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.pool.pool import Admission

LONGEST_PRE_QUEUE_S = 3600
"""The longest pre-queue, even when the event's own is longer: a state machine waits in line for 2 hours at most."""

SAME_START_S = 0.01
"""Rows keep milliseconds, so two starts that differ by less than this are the same."""


def opens_at(event: ScheduledEvent) -> float:
    """When the event's pre-queue opens and the first viewer may join it."""
    return event.start - min(event.pre_queue_s, LONGEST_PRE_QUEUE_S)


def pre_queue_of(admission: Admission, events: Iterable[ScheduledEvent], now: float) -> ScheduledEvent | None:
    """The event whose pre-queue a viewer arriving now would join; None: the viewer is served as soon as a slot is free.

    Raises: ApplicationClosed, NotOpenYet.
    """
    if admission is Admission.CLOSED:
        raise ApplicationClosed("it takes no new sessions at the moment")
    if admission is Admission.OPEN:
        return None
    ahead = _ahead(events, now)
    if ahead and ahead[0].start <= now:
        return None
    here = [each for each in ahead if opens_at(each) <= now]
    if not here:
        raise NotOpenYet(min(map(opens_at, ahead), default=None))
    return here[0]


def held_until(admission: Admission, events: Iterable[ScheduledEvent], not_before: float, now: float) -> float | None:
    """The serving time of a session that waits for an event starting at `not_before`; None: as soon as a slot is free.

    The event may have been moved or cancelled since. While an event still has that start, the session is served then;
    otherwise at the start of the next event, if that is near enough.
    Raises: NotOpenYet (no event is near enough any more).
    """
    if admission is Admission.OPEN:
        return None
    ahead = _ahead(events, now)
    if any(abs(each.start - not_before) < SAME_START_S for each in ahead):
        return not_before
    if ahead and ahead[0].start <= now:
        return None
    if ahead and ahead[0].start <= now + LONGEST_PRE_QUEUE_S:
        return ahead[0].start
    raise NotOpenYet(min(map(opens_at, ahead), default=None))


def _ahead(events: Iterable[ScheduledEvent], now: float) -> list[ScheduledEvent]:
    """The events that are running or still to come, by start."""
    return sorted((each for each in events if not each.is_final and now < each.end), key=lambda each: each.start)


def arrival_in(event: ScheduledEvent, viewer_id: str, now: float) -> float:
    """The time at which a viewer counts as having arrived in the event's pre-queue.

    That is now; or, where the event shuffles, a random time in the pre-queue. The random time depends only on the event
    and the viewer, so that nobody draws a better one by leaving and coming back.
    """
    if not event.shuffle:
        return now
    digest = hashlib.sha256(f"{event.event_id}\n{viewer_id}".encode()).digest()
    lot = int.from_bytes(digest[:6], "big") / 2**48
    return event.start - lot * (event.start - opens_at(event))
