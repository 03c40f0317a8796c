"""What Greenroom announces on its bus: past tense, one frozen class per event, source `greenroom`.

Each class, its schema (events/schemas), its sample (events/samples) and its catalogue row agree by a test.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

SOURCE = "greenroom"


@dataclass(frozen=True, slots=True)
class Event:
    """The base: the detail-type is the class name, the detail its fields in camelCase."""

    @property
    def detail_type(self) -> str:
        return type(self).__name__

    def detail(self) -> dict[str, Any]:
        return {_camel(key): value for key, value in asdict(self).items()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True, slots=True)
class SessionRequested(Event):
    """A session row exists and wants a machine. Sent again by the reaper while nobody adopted it."""

    session_id: str
    pool_id: str
    application_id: str
    requested_at: str


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A session reached Ended or Failed and its slot was given back."""

    session_id: str
    pool_id: str
    application_id: str
    status_reason: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class PoolChanged(Event):
    """A threshold of the pool was crossed: plan again. `cause` is for people."""

    pool_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class ReaperNeeded(Event):
    """Something non-terminal exists and no reaper holds the lease."""

    cause: str


@dataclass(frozen=True, slots=True)
class LaunchFailed(Event):
    """A launch was undone."""

    pool_id: str
    launch_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EventShortfall(Event):
    """A scheduled event starts with fewer free slots than expected sessions."""

    event_id: str
    pool_id: str
    shortfall: int
