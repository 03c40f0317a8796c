"""The Journal of a scheduled event."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.event.preflight import Check, CheckStatus
from greenroom.domain.event.scheduled_event import EventState
from greenroom.domain.journal.entry import Entry, event_entity


@dataclass(frozen=True, slots=True)
class EventEntry(Entry):
    """About one scheduled event."""

    NAMED_BY_ENTITY = frozenset({"event_id"})

    event_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (event_entity(self.event_id),)


@dataclass(frozen=True, slots=True)
class EventWishes:
    """What an operator asked for. Times are epoch seconds."""

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
    """An operator made the event."""

    operator: str
    pool_id: str
    after: EventWishes


@dataclass(frozen=True, slots=True)
class EventEdited(EventEntry):
    """An operator changed the event."""

    operator: str
    before: EventWishes
    after: EventWishes


@dataclass(frozen=True, slots=True)
class EventCancelled(EventEntry):
    """An operator called the event off."""

    operator: str


@dataclass(frozen=True, slots=True)
class EventPreflighted(EventEntry):
    """What would keep it from finding its slots ready was asked; `worst` of all checks."""

    worst: CheckStatus
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class EventWarmed(EventEntry):
    """The pool holds slots for it from now on; `before`: how many it held until now."""

    pool_id: str
    slots: int
    before: int


@dataclass(frozen=True, slots=True)
class EventOpened(EventEntry):
    """Its slots are given to sessions."""

    pool_id: str


@dataclass(frozen=True, slots=True)
class EventGivenBack(EventEntry):
    """The pool holds nothing for it any more; `state`: that of the event then."""

    pool_id: str
    state: EventState


@dataclass(frozen=True, slots=True)
class EventAtPointOfNoReturn(EventEntry):
    """The last moment at which a launch would be ready in time. Slots; `left`: what events of the pool still hold."""

    free: int
    coming: int
    left: int
    shortfall: int


@dataclass(frozen=True, slots=True)
class EventMeasured(EventEntry):
    """Its start. Slots; `left`: what events of the pool still hold."""

    free: int
    coming: int
    left: int
    shortfall: int
