"""Journal entries about scheduled events: what operators planned, and which steps the events went through."""

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
    """The settings of a scheduled event, as an operator asked for them. Times are epoch seconds."""

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
    """Records that an operator created a scheduled event with the settings `after`."""

    operator: str
    pool_id: str
    after: EventWishes


@dataclass(frozen=True, slots=True)
class EventEdited(EventEntry):
    """Records that an operator changed the settings of a scheduled event from `before` to `after`."""

    operator: str
    before: EventWishes
    after: EventWishes


@dataclass(frozen=True, slots=True)
class EventCancelled(EventEntry):
    """Records that an operator cancelled a scheduled event."""

    operator: str


@dataclass(frozen=True, slots=True)
class EventPreflighted(EventEntry):
    """Records the result of a preflight: checks, made in advance, of whether an event will have its slots in time.

    `worst`: the worst status among the checks.
    """

    worst: CheckStatus
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class EventWarmed(EventEntry):
    """Records that a pool now reserves `slots` slots for a scheduled event, so that instances are launched for it.

    `before`: how many slots the pool reserved for the event until then.
    """

    pool_id: str
    slots: int
    before: int


@dataclass(frozen=True, slots=True)
class EventOpened(EventEntry):
    """Records that a scheduled event opened: sessions may now use the slots that the pool reserved for the event."""

    pool_id: str


@dataclass(frozen=True, slots=True)
class EventGivenBack(EventEntry):
    """Records that a pool stopped reserving slots for a scheduled event. `state`: the event's state at that moment."""

    pool_id: str
    state: EventState


@dataclass(frozen=True, slots=True)
class EventAtPointOfNoReturn(EventEntry):
    """Records the slots of a scheduled event's pool at the last moment at which a launch would be ready in time.

    All numbers are slots. `free`: the pool's free slots; `coming`: the slots of instances that still start; `left`: the
    slots still reserved for events of the pool; `shortfall`: how many slots these events lack.
    """

    free: int
    coming: int
    left: int
    shortfall: int


@dataclass(frozen=True, slots=True)
class EventMeasured(EventEntry):
    """Records the slots of a scheduled event's pool at the event's start.

    All numbers are slots. `free`: the pool's free slots; `coming`: the slots of instances that still start; `left`: the
    slots still reserved for events of the pool; `shortfall`: how many slots these events lack.
    """

    free: int
    coming: int
    left: int
    shortfall: int
