"""Ports for telling others: waiting state machines, the event bus, dashboards, the Journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from greenroom.domain.events import Event
    from greenroom.domain.journal.entry import Entry


class TaskTokens(Protocol):
    """State machines that wait with a task token."""

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        """Answers the state machine that waits with this token. Raises: TaskGone."""


class Bus(Protocol):
    """The event bus. Events only make things faster: the reaper (the repair job) guarantees the result without them."""

    def send(self, *events: Event) -> None:
        """Sends all events in one call, at most ten."""


class Metrics(Protocol):
    """Numbers for dashboards and alarms."""

    def eta_judged(self, pool_id: str, wait_s: float, within: bool) -> None:
        """Counts a wait that is over: its length, and whether it was within the p90 that the viewer first saw."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One Journal entry as stored; `at` is ISO 8601."""

    at: str
    kind: str
    facts: Mapping[str, Any]


class Journal(Protocol):
    """The append-only Journal: an entry is stored as one row for each of its entities (the things that it is about)."""

    def append(self, entry: Entry, now: float) -> None: ...

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        """The last `limit` entries about an entity (like `pool_entity(...)`), newest first."""


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
