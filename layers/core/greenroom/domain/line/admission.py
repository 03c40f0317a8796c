"""Decides when a viewer may start a session, from an application's admission setting and its scheduled events.

The pre-queue of an event is the time just before the event's start, when viewers may already wait in line for the
event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from greenroom.domain.errors import ApplicationClosed, NotOpenYet
from greenroom.domain.pool.pool import Admission

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent

LONGEST_PRE_QUEUE_S = 3600
"""The longest pre-queue in seconds, even when the event asks for a longer one. The limit exists because the state
machine of a session waits in line for 2 hours at most.
"""

SAME_START_S = 0.01
"""Two event starts that differ by fewer seconds than this count as the same, because rows keep only milliseconds."""


def opens_at(event: ScheduledEvent) -> float:
    """When the event's pre-queue opens (the time from which viewers may wait in line for the event)."""
    return event.start - min(event.pre_queue_s, LONGEST_PRE_QUEUE_S)


def pre_queue_of(admission: Admission, events: Iterable[ScheduledEvent], now: float) -> ScheduledEvent | None:
    """The event whose pre-queue a viewer who arrives now would join: the viewer waits in line until the event starts.

    None: the viewer need not wait for an event, but gets a slot as soon as a slot is free.
    Raises: ApplicationClosed, NotOpenYet.
    """
    if admission is Admission.CLOSED:
        raise ApplicationClosed("The application takes no new sessions at the moment.")
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
    """The time from which a session that waits for an event may get a slot; None: as soon as a slot is free.

    When the session joined the line, the event's start was `not_before`, but operators may have moved or cancelled the
    event since. While an event still starts at `not_before`, the session waits until then. Otherwise, if another event
    is running, the session need not wait; if not, it waits for the next event that starts soon enough.
    Raises: NotOpenYet (no event starts soon enough any more).
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
    """The events that are running or will run later, sorted by start."""
    return sorted((each for each in events if not each.is_final and now < each.end), key=lambda each: each.start)


def arrival_in(event: ScheduledEvent, viewer_id: str, now: float) -> float:
    """The time at which a viewer counts as having arrived in the event's pre-queue, which decides the order in line.

    Without shuffling, that is `now`. If the event shuffles its viewers, it is a random time within the pre-queue. The
    random time depends only on the event and the viewer, so that a viewer who leaves the line and joins it again keeps
    the same time.
    """
    if not event.shuffle:
        return now
    digest = hashlib.sha256(f"{event.event_id}\n{viewer_id}".encode()).digest()
    lot = int.from_bytes(digest[:6], "big") / 2**48
    return event.start - lot * (event.start - opens_at(event))
