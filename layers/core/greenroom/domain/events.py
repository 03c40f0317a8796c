"""The events that Greenroom sends to its event bus: one frozen class each, named in the past tense, source `greenroom`.

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
    """The base class of all events on the bus.

    On the bus, the detail-type is the class name, and the detail contains the fields under their camelCase names.
    """

    @property
    def detail_type(self) -> str:
        return type(self).__name__

    def detail(self) -> dict[str, Any]:
        return shown(self)


@dataclass(frozen=True, slots=True)
class SessionRequested(Event):
    """Announces that a viewer requested a session, which now needs a state machine to drive it.

    The reaper (the repair job) sends the event again until a state machine has adopted (taken charge of) the session.
    """

    session_id: str
    pool_id: str
    application_id: str
    requested_at: str


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """Announces that a session reached its final state, Ended or Failed, and no longer holds a slot."""

    session_id: str
    pool_id: str
    application_id: str
    status_reason: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class PoolChanged(Event):
    """Asks for a new capacity plan of a pool, because the pool's load crossed a threshold.

    `cause`: what happened, as a text for people.
    """

    pool_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class ReaperNeeded(Event):
    """Asks for the reaper (the repair job) to start: there is work for it, and no reaper is running.

    `cause`: what the work is, as a text for people.
    """

    cause: str


@dataclass(frozen=True, slots=True)
class LaunchFailed(Event):
    """Announces that a launch (the request for one EC2 instance) failed, and that what it had begun was undone."""

    pool_id: str
    launch_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EventShortfall(Event):
    """Announces that a scheduled event has fewer slots than sessions that are still expected for the event.

    Sent at the event's point of no return (the last moment at which a launch would be ready in time), and at its start.
    `shortfall`: how many slots are missing.
    """

    event_id: str
    pool_id: str
    shortfall: int


@dataclass(frozen=True, slots=True)
class InstanceNoticed(Event):
    """Announces that an instance will be lost, or has been lost already.

    EC2 ends it, or EC2 advises to leave it, or its agent sends no heartbeats any more; `kind` says which, as a value of
    NoticeKind. Times are ISO 8601.
    """

    instance_id: str
    pool_id: str
    kind: str
    noticed_at: str
    ends_at: str | None


@dataclass(frozen=True, slots=True)
class SessionMigrated(Event):
    """Announces that a session, whose instance is being lost, got a slot on another instance.

    `migrations`: how often the session has lost a slot so far.
    """

    session_id: str
    pool_id: str
    from_slot_id: str
    to_slot_id: str
    migrations: int


@dataclass(frozen=True, slots=True)
class PoolHalted(Event):
    """Announces that a pool was halted: it launches and starts no instance until an operator resumes it.

    `by`: the operator's id, or `greenroom` when Greenroom itself halted the pool.
    """

    pool_id: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class PoolResumed(Event):
    """Announces that an operator resumed a halted pool, which now launches and starts instances again."""

    pool_id: str
    by: str


@dataclass(frozen=True, slots=True)
class AccountLimitReached(Event):
    """Announces that a quota of the AWS account refuses launches on a market (Spot or on-demand).

    `code` is EC2's error code. Somebody must raise the quota.
    """

    pool_id: str
    market: str
    code: str


@dataclass(frozen=True, slots=True)
class MassSilenceSeen(Event):
    """Announces that so many instances stopped sending heartbeats at once that the fault must be on Greenroom's side.

    Therefore Greenroom terminated none of these instances.
    """

    pool_id: str
    instances: int
