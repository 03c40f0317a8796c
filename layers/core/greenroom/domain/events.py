"""The events that Greenroom announces on its bus: one frozen class each, named in the past tense, source `greenroom`.

A test compares each class with its schema (events/schemas), its sample (events/samples) and its row in
events/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from greenroom.domain.shape import shown

SOURCE = "greenroom"


@dataclass(frozen=True, slots=True)
class Event:
    """The base class of all bus events.

    On the bus, the detail-type is the class name, and the detail contains the fields under their `camel` names.
    """

    @property
    def detail_type(self) -> str:
        return type(self).__name__

    def detail(self) -> dict[str, Any]:
        return shown(self)


@dataclass(frozen=True, slots=True)
class SessionRequested(Event):
    """A session was requested and needs a state machine to drive it.

    The reaper (the repair job) sends the event again until a state machine has adopted the session.
    """

    session_id: str
    pool_id: str
    application_id: str
    requested_at: str


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A session reached Ended or Failed, and no longer holds a slot."""

    session_id: str
    pool_id: str
    application_id: str
    status_reason: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class PoolChanged(Event):
    """The pool's load crossed a threshold, so its capacity must be planned again. `cause` is for people."""

    pool_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class ReaperNeeded(Event):
    """There is work for the reaper (the repair job), and no reaper is running. `cause` is a text for people."""

    cause: str


@dataclass(frozen=True, slots=True)
class LaunchFailed(Event):
    """A launch failed and was undone."""

    pool_id: str
    launch_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EventShortfall(Event):
    """A scheduled event has fewer slots than sessions that it still expects. `shortfall`: how many slots are missing.

    Sent at the event's point of no return (the last moment at which a launch would be ready in time) and at its start.
    """

    event_id: str
    pool_id: str
    shortfall: int


@dataclass(frozen=True, slots=True)
class InstanceNoticed(Event):
    """EC2 ends an instance or advises to leave it, or the instance's agent has fallen silent. `kind` is a NoticeKind.

    Times are ISO 8601.
    """

    instance_id: str
    pool_id: str
    kind: str
    noticed_at: str
    ends_at: str | None


@dataclass(frozen=True, slots=True)
class SessionMigrated(Event):
    """A session whose slot was being lost got another slot.

    `migrations`: how often the session has lost a slot so far.
    """

    session_id: str
    pool_id: str
    from_slot_id: str
    to_slot_id: str
    migrations: int


@dataclass(frozen=True, slots=True)
class PoolHalted(Event):
    """The pool was halted: it launches and starts no instance until an operator resumes the pool.

    `by`: the operator's id, or `greenroom`.
    """

    pool_id: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class PoolResumed(Event):
    """The pool was resumed: it launches and starts instances again."""

    pool_id: str
    by: str


@dataclass(frozen=True, slots=True)
class AccountLimitReached(Event):
    """A quota of the AWS account allows no more launches on this market (Spot or on-demand). Somebody must raise it."""

    pool_id: str
    market: str
    code: str


@dataclass(frozen=True, slots=True)
class MassSilenceSeen(Event):
    """Too many instances fell silent at once. The fault must be on Greenroom's side, so no instance was terminated."""

    pool_id: str
    instances: int
