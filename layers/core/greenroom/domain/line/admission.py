"""Who may come when: an application's admission, and the pre-queue of a scheduled event. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from greenroom.domain.errors import ApplicationClosed, NotOpenYet
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.pool.pool import Admission

LONGEST_PRE_QUEUE_S = 3600
"""A pre-queue of viewers is no longer, though the event's may be: a session's machine waits 2 hours in line at most."""

SAME_START_S = 0.01
"""Rows keep milliseconds."""


def doors_open_at(event: ScheduledEvent) -> float:
    """When the first viewer may come."""
    return event.start - min(event.pre_queue_s, LONGEST_PRE_QUEUE_S)


def pre_queue_of(admission: Admission, events: Iterable[ScheduledEvent], now: float) -> ScheduledEvent | None:
    """The event in whose pre-queue one stands who comes now; None: served as soon as there is a slot.

    Raises: ApplicationClosed, NotOpenYet.
    """
    if admission is Admission.CLOSED:
        raise ApplicationClosed("it takes no new sessions for the time being")
    if admission is Admission.OPEN:
        return None
    ahead = _ahead(events, now)
    if ahead and ahead[0].start <= now:
        return None
    here = [each for each in ahead if doors_open_at(each) <= now]
    if not here:
        raise NotOpenYet(min(map(doors_open_at, ahead), default=None))
    return here[0]


def held_until(admission: Admission, events: Iterable[ScheduledEvent], not_before: float, now: float) -> float | None:
    """When one is served who waits for the start `not_before`, as events stand now; None: as soon as there is a slot.

    While that event stands, then; else at the start of the next one, if that is near enough to be waited for.
    Raises: NotOpenYet (it was cancelled, or moved too far).
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
    raise NotOpenYet(min(map(doors_open_at, ahead), default=None))


def _ahead(events: Iterable[ScheduledEvent], now: float) -> list[ScheduledEvent]:
    """Those that run or will, by their start."""
    return sorted((each for each in events if not each.is_final and now < each.end), key=lambda each: each.start)


def arrival_in(event: ScheduledEvent, viewer_id: str, now: float) -> float:
    """When one counts as come to the pre-queue: as it was, or by lot where the event shuffles.

    The lot is the same for a viewer who leaves and comes again: nobody draws until it is a good one.
    """
    if not event.shuffle:
        return now
    digest = hashlib.sha256(f"{event.event_id}\n{viewer_id}".encode()).digest()
    lot = int.from_bytes(digest[:6], "big") / 2**48
    return event.start - lot * (event.start - doors_open_at(event))
