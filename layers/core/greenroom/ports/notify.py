"""Ports for sending word to others: waiting state machines, the event bus, dashboards, the Journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from greenroom.domain.events import Event
    from greenroom.domain.journal.entry import Entry


class TaskTokens(Protocol):
    """The state machines that wait with a task token."""

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        """Answers the state machine that waits with this task token.

        Raises: TaskGone (no state machine waits with this task token).
        """


class Bus(Protocol):
    """The event bus. Events only make things faster: the reaper (the repair job) does the same work without them."""

    def send(self, *events: Event) -> None:
        """Sends all events to the event bus in one call. There may be ten events at most."""


class Metrics(Protocol):
    """Sends numbers to dashboards and alarms."""

    def eta_judged(self, pool_id: str, wait_s: float, within: bool) -> None:
        """Counts a session's finished wait in line, to measure how good forecasts are.

        `wait_s`: how long the session waited. `within`: whether the slot came no later than the p90 that the viewer was
        shown first (the time by which nine in ten slots should come).
        """


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One Journal entry as it is stored; `at` is ISO 8601."""

    at: str
    kind: str
    facts: Mapping[str, Any]


class Journal(Protocol):
    """The Journal (an append-only log). An entry is stored as one row for each thing that the entry is about."""

    def append(self, entry: Entry, now: float) -> None: ...

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        """The last `limit` entries about a thing, newest first.

        `entity`: the key of the thing, as `pool_entity` or a similar function makes it.
        """


# -- roles


class HasTasks(Protocol):
    @property
    def tasks(self) -> TaskTokens: ...


class HasBus(Protocol):
    @property
    def bus(self) -> Bus: ...


class HasJournal(Protocol):
    @property
    def journal(self) -> Journal: ...


class HasMetrics(Protocol):
    @property
    def metrics(self) -> Metrics: ...
