"""What Greenroom announces on its bus: past tense, one frozen class per event, source `greenroom`.

Each class, its schema (events/schemas), its sample (events/samples) and its catalogue row agree by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from greenroom.domain.shape import shown

SOURCE = "greenroom"


@dataclass(frozen=True, slots=True)
class Event:
    """The base: the detail-type is the class name, the detail its fields under the names of `camel`."""

    @property
    def detail_type(self) -> str:
        return type(self).__name__

    def detail(self) -> dict[str, Any]:
        return shown(self)


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
    """A scheduled event has fewer slots than it still expects sessions, at its point of no return or at its start."""

    event_id: str
    pool_id: str
    shortfall: int


@dataclass(frozen=True, slots=True)
class InstanceNoticed(Event):
    """An instance is being lost, or EC2 advises to leave it. `kind` is a NoticeKind; times are ISO 8601."""

    instance_id: str
    pool_id: str
    kind: str
    noticed_at: str
    ends_at: str | None


@dataclass(frozen=True, slots=True)
class SessionMigrated(Event):
    """A session that lost its slot got another one; `migrations` counts how often that happened to it."""

    session_id: str
    pool_id: str
    from_slot_id: str
    to_slot_id: str
    migrations: int


@dataclass(frozen=True, slots=True)
class PoolHalted(Event):
    """Nothing is launched or started in the pool until it is resumed. `by`: the operator's id, or `greenroom`."""

    pool_id: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class PoolResumed(Event):
    """The pool launches and starts again."""

    pool_id: str
    by: str


@dataclass(frozen=True, slots=True)
class AccountLimitReached(Event):
    """A quota of the account refused launches on this market: somebody must raise it."""

    pool_id: str
    market: str
    code: str


@dataclass(frozen=True, slots=True)
class MassSilenceSeen(Event):
    """So many instances fell silent at once that it is our outage and not theirs: nothing was terminated."""

    pool_id: str
    instances: int
