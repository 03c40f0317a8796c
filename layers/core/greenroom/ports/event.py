"""Scheduled events, and what wakes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from greenroom.domain.event.scheduled_event import ScheduledEvent


class ScheduledEvents(Protocol):
    """Event rows, and one list of those that somebody must still look after."""

    def get(self, event_id: str) -> ScheduledEvent:
        """A consistent read. Raises: NotFound."""

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        """Row and place in the list, together; returns it as stored. Raises: Conflict (there is one of this id)."""

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        """Write it if the stored revision is still `event.revision`; returns it with the next one. Raises: Conflict."""

    def list_ids(self) -> Sequence[str]:
        """Events that were not unlisted yet."""

    def unlist(self, event_id: str) -> None:
        """It is over and settled: nobody need look at it again. Its row is kept for a while. Idempotent."""


class Schedules(Protocol):
    """One-time schedules that start the prewarm_event machine."""

    def create(self, event_id: str, version: int, at: float) -> None:
        """Named by event and version, deleted after it ran. A second one of the same name is fine."""

    def delete(self, event_id: str, version: int) -> None:
        """It fires no more. One that ran, or never was, is fine."""


# -- roles


class HasEvents(Protocol):
    @property
    def events(self) -> ScheduledEvents: ...


class HasSchedules(Protocol):
    @property
    def schedules(self) -> Schedules: ...
