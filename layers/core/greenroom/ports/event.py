"""Ports for scheduled events: their rows, and the schedules that start a state machine when a step is due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent


class ScheduledEvents(Protocol):
    """The rows of scheduled events, and the list of those events that still need work."""

    def get(self, event_id: str) -> ScheduledEvent:
        """Reads the scheduled event, consistently. Raises: NotFound (there is none with this id)."""

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        """Writes the event's row and its entry in the list together. Returns the event as stored.

        Raises: Conflict (an event with this id exists already).
        """

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        """Writes the event if its stored revision is still `event.revision`. Returns the event with the next revision.

        Raises: Conflict (somebody else has written the event meanwhile).
        """

    def list_ids(self) -> Sequence[str]:
        """The ids of all events in the list. An event is in the list from `add` until `unlist`."""

    def unlist(self, event_id: str) -> None:
        """Removes an event from the list, once it is over and nothing is left to do for it. Idempotent.

        The event's row is kept for a while.
        """


class Schedules(Protocol):
    """One-time schedules, each of which starts the prewarm_event state machine."""

    def create(self, event_id: str, version: int, at: float) -> None:
        """Creates a schedule named after the event and its version. The schedule is deleted after it ran.

        If a schedule of that name exists already, nothing happens.
        """

    def delete(self, event_id: str, version: int) -> None:
        """Deletes the schedule. If it has run already, or never existed, nothing happens."""


# -- roles


class HasEvents(Protocol):
    @property
    def events(self) -> ScheduledEvents: ...


class HasSchedules(Protocol):
    @property
    def schedules(self) -> Schedules: ...
