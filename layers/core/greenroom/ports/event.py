"""Ports for scheduled events: their database rows, and the timers that start a state machine for an event's next step.

A step is, for example, the launch of the event's instances.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent


class ScheduledEvents(Protocol):
    """The rows of scheduled events, and a list of the ids of those events that are not finished."""

    def get(self, event_id: str) -> ScheduledEvent:
        """Reads the scheduled event, consistently. Raises: NotFound (no event has this id)."""

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        """Writes the row of a new event, and adds the event to the list of unfinished events, in one transaction.

        Returns the event as stored.
        Raises: Conflict (an event with this id exists already).
        """

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        """Writes the event if its stored revision is still `event.revision`. Returns the event with the next revision.

        Raises: Conflict (somebody else has written the event meanwhile).
        """

    def list_ids(self) -> Sequence[str]:
        """The ids of all unfinished events. `add` puts an event in this list, and `unlist` removes it."""

    def unlist(self, event_id: str) -> None:
        """Removes an event from the list of unfinished events, when the event is over and nothing is left to do for it.

        A repeated call changes nothing. The event's row is kept for a while.
        """


class Schedules(Protocol):
    """One-time schedules, each of which starts the prewarm_event state machine at a given time."""

    def create(self, event_id: str, version: int, at: float) -> None:
        """Creates a one-time schedule for the time `at`, named after the event and the event's version.

        After the schedule has started its state machine, the schedule is deleted. If a schedule of that name exists
        already, nothing happens.
        """

    def delete(self, event_id: str, version: int) -> None:
        """Deletes the schedule (a timer that starts a state machine) that was created for this version of the event.

        Each change of an event makes a new version, which has a schedule of its own.

        If the schedule has run already, or never existed, nothing happens.
        """


# -- roles


class HasEvents(Protocol):
    @property
    def events(self) -> ScheduledEvents: ...


class HasSchedules(Protocol):
    @property
    def schedules(self) -> Schedules: ...
