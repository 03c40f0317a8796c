"""Ports for scheduled events: their rows, and the schedules that wake them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from greenroom.domain.event.scheduled_event import ScheduledEvent


class ScheduledEvents(Protocol):
    """The rows of scheduled events, and the list of those that still need work."""

    def get(self, event_id: str) -> ScheduledEvent:
        """A consistent read. Raises: NotFound."""

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        """Writes the row and its place in the list together. Returns it as stored.

        Raises: Conflict (the id exists already).
        """

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        """Writes the event if the stored revision is still `event.revision`. Returns it with the next revision.

        Raises: Conflict.
        """

    def list_ids(self) -> Sequence[str]:
        """The ids in the list, which are the events that were not unlisted yet."""

    def unlist(self, event_id: str) -> None:
        """Removes an event from the list once it is over and settled. Its row is kept for a while. Idempotent."""


class Schedules(Protocol):
    """One-time schedules that start the prewarm_event state machine."""

    def create(self, event_id: str, version: int, at: float) -> None:
        """Creates a schedule named after event and version, which is deleted after it ran.

        It is fine if the name exists already.
        """

    def delete(self, event_id: str, version: int) -> None:
        """Deletes the schedule. It is fine if it has run, or never existed."""


# -- roles


class HasEvents(Protocol):
    @property
    def events(self) -> ScheduledEvents: ...


class HasSchedules(Protocol):
    @property
    def schedules(self) -> Schedules: ...
