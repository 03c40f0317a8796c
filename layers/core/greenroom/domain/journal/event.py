"""Journal entries about scheduled events."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.event.preflight import Check, CheckStatus
from greenroom.domain.event.scheduled_event import EventState
from greenroom.domain.journal.entry import Entry, event_entity


@dataclass(frozen=True, slots=True)
class EventEntry(Entry):
    """The base class of Journal entries about one scheduled event."""

    NAMED_BY_ENTITY = frozenset({"event_id"})

    event_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (event_entity(self.event_id),)


@dataclass(frozen=True, slots=True)
class EventWishes:
    """The settings of a scheduled event that an operator asked for. Times are epoch seconds."""

    name: str
    start_at: float
    end_at: float
    time_zone: str
    expected_sessions: int
    lead_s: int
    pre_queue_s: int
    maximum_cost_usd: float | None
    shuffle: bool


@dataclass(frozen=True, slots=True)
class EventScheduled(EventEntry):
    """An operator created the scheduled event."""

    operator: str
    pool_id: str
    after: EventWishes


@dataclass(frozen=True, slots=True)
class EventEdited(EventEntry):
    """An operator changed the scheduled event."""

    operator: str
    before: EventWishes
    after: EventWishes


@dataclass(frozen=True, slots=True)
class EventCancelled(EventEntry):
    """An operator cancelled the scheduled event."""

    operator: str


@dataclass(frozen=True, slots=True)
class EventPreflighted(EventEntry):
    """The preflight of the scheduled event ran: it checked in advance whether the event will have its slots in time.

    `worst`: the worst status among the checks.
    """

    worst: CheckStatus
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class EventWarmed(EventEntry):
    """The pool began to reserve slots for the event. `before`: how many slots it reserved for the event until then."""

    pool_id: str
    slots: int
    before: int


@dataclass(frozen=True, slots=True)
class EventOpened(EventEntry):
    """Sessions began to use the slots that are reserved for the event."""

    pool_id: str


@dataclass(frozen=True, slots=True)
class EventGivenBack(EventEntry):
    """The pool stopped reserving slots for the event. `state`: the event's state at that moment."""

    pool_id: str
    state: EventState


@dataclass(frozen=True, slots=True)
class EventAtPointOfNoReturn(EventEntry):
    """The event reached the last moment at which a launch would be ready in time. All numbers are slots.

    `free` and `coming`: slots of the pool that are free, and slots of instances that still start; `left`: slots that
    are still reserved for events of the pool; `shortfall`: how many slots the events lack.
    """

    free: int
    coming: int
    left: int
    shortfall: int


@dataclass(frozen=True, slots=True)
class EventMeasured(EventEntry):
    """The event started. The numbers mean the same as in EventAtPointOfNoReturn, counted at the start."""

    free: int
    coming: int
    left: int
    shortfall: int
