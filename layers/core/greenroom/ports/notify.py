"""Who is told: state machines, the bus, dashboards, the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from greenroom.domain.events import Event
from greenroom.domain.journal.entry import Entry


class TaskTokens(Protocol):
    """Machines that wait."""

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        """Raises: TaskGone."""


class Bus(Protocol):
    """Announcements. Hints only: the reaper guarantees the result."""

    def send(self, *events: Event) -> None:
        """One call for all, ten at most."""


class Metrics(Protocol):
    """Numbers for dashboards and alarms."""

    def eta_judged(self, pool_id: str, wait_s: float, within: bool) -> None:
        """A wait is over: how long it was, and whether within the p90 its viewer was shown first."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One decision as it was written down; `at` is ISO 8601."""

    at: str
    kind: str
    facts: Mapping[str, Any]


class Journal(Protocol):
    """Append-only audit: an entry is one row under each of its entities."""

    def append(self, entry: Entry, now: float) -> None: ...

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        """The last `limit` rows of an entity (like `pool_entity(…)`), newest first."""


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
