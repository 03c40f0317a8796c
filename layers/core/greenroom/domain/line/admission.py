"""When a viewer may start a session: an application's admission, and the pre-queue of a scheduled event. Pure.

The pre-queue is the time just before an event's start, when viewers may already wait in line for the event.
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
"""The longest pre-queue, even when the event asks for a longer one: a session's state machine waits in line for 2 hours
at most.
"""

SAME_START_S = 0.01
"""Two starts that differ by less than this are the same, because rows keep milliseconds."""


def opens_at(event: ScheduledEvent) -> float:
    """When the event's pre-queue opens, so that the first viewer may wait in line for the event."""
    return event.start - min(event.pre_queue_s, LONGEST_PRE_QUEUE_S)


def pre_queue_of(admission: Admission, events: Iterable[ScheduledEvent], now: float) -> ScheduledEvent | None:
    """The event whose pre-queue a viewer arriving now would join. None: the viewer is served as soon as a slot is free.

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
    """The time from which a waiting session may get a slot; None: as soon as a slot is free.

    The session began to wait for an event that started at `not_before`, but operators may have moved or cancelled that
    event. While an event still starts at `not_before`, the session waits until then. Otherwise it need not wait while
    an event is running; when no event is running, it waits for the next one, if that starts soon enough.
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
    """The events that are running or will run, sorted by start."""
    return sorted((each for each in events if not each.is_final and now < each.end), key=lambda each: each.start)


def arrival_in(event: ScheduledEvent, viewer_id: str, now: float) -> float:
    """The time at which a viewer counts as having arrived in the event's pre-queue.

    Without shuffling, the time is `now`. If the event shuffles, it is a random time within the pre-queue. The random
    time depends only on the event and the viewer: leaving and joining the line again does not change it.
    """
    if not event.shuffle:
        return now
    digest = hashlib.sha256(f"{event.event_id}\n{viewer_id}".encode()).digest()
    lot = int.from_bytes(digest[:6], "big") / 2**48
    return event.start - lot * (event.start - opens_at(event))
