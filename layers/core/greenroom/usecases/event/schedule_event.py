"""Creates, edits and cancels scheduled events (dates with viewers expected) for operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.anew import Changed, anew, unchanged
from greenroom.domain.errors import Conflict, EventHasEnded
from greenroom.domain.event.scheduled_event import (
    SOONEST_S,
    EventState,
    ScheduledEvent,
    check_event,
    edited,
    event_id_of,
    open_steps,
)
from greenroom.domain.journal import event as journal
from greenroom.usecases.event.advance_event import advance_event
from greenroom.usecases.event.preflight_event import preflight_event
from greenroom.usecases.event.read_event import read_event, reading_of
from greenroom.usecases.event.settle_event import settle_event

if TYPE_CHECKING:
    from greenroom.ports.event import HasEvents, HasSchedules
    from greenroom.ports.instance import HasFleet, HasOfferings
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.quota import HasAccount
    from greenroom.ports.reaper import HasReaper
    from greenroom.ports.world import Clock, Ids

    class Ports(
        Clock,
        HasAccount,
        HasBus,
        HasCatalog,
        HasEvents,
        HasFleet,
        HasJournal,
        HasOfferings,
        HasPools,
        HasReaper,
        HasSchedules,
        Ids,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


Change = Callable[[ScheduledEvent], ScheduledEvent]
Edit = Changed[ScheduledEvent, ScheduledEvent]


@dataclass(frozen=True, slots=True)
class EventPlan:
    """What an operator states about an event to be created. Times are epoch seconds.

    `lead_s`: at least how long before the start the event's instances are launched. `pre_queue_s`: how long before the
    start its viewers may already wait. `shuffle`: whether these viewers are served in random order. `client_token`: a
    repeated call with the same token creates no second event.
    """

    pool_id: str
    name: str
    start: float
    end: float
    time_zone: str
    expected_sessions: int
    lead_s: int
    pre_queue_s: int
    maximum_cost_usd: float | None = None
    client_token: str | None = None
    shuffle: bool = False


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A scheduled event with the result of its first preflight (the check whether its slots can be had).

    `repeated`: the event was created by an earlier call with the same client token.
    """

    event: ScheduledEvent
    repeated: bool


def schedule_event(plan: EventPlan, operator: str, ports: Ports) -> Scheduled:
    """Creates a scheduled event for an operator, and runs its first preflight (the check whether its slots can be had).

    The event's row is written first, then the one-time schedule that will start the event's state machine, because a
    state machine without the row would find no event.
    Raises: InvalidField; NotFound (the pool).
    """
    now, draft = ports.now(), _draft(plan, operator, ports)
    check_event(draft, ports.catalog.pool(plan.pool_id), now)
    try:
        ports.events.add(draft)
    except Conflict:
        return Scheduled(ports.events.get(draft.event_id), repeated=True)
    ports.journal.append(journal.EventScheduled(draft.event_id, operator, draft.pool_id, _wishes(draft)), now)
    return Scheduled(_carry_out(draft, ports), repeated=False)


def edit_event(event_id: str, change: Change, operator: str, ports: Ports) -> ScheduledEvent:
    """Changes an event for an operator. The changed event is a new version of the event.

    `change` gets the stored event and returns the wanted event. The times of the event's steps (such as launching its
    instances) are computed anew, and steps that are due are done. If `change` changes nothing, no new version is made.
    Raises: NotFound, EventHasEnded, InvalidField, Conflict (others kept changing the event).
    """
    now = ports.now()

    def decide() -> Callable[[], Edit]:
        reading = read_event(event_id, ports)
        before = reading.event
        _refuse_final(before)
        wanted = change(before)
        if wanted == before:
            return unchanged(Changed(before, before))
        check_event(wanted, reading.pool, now, moved=wanted.start != before.start)
        after = edited(wanted, now, reading_of(wanted, ports).warm)
        return lambda: Changed(before, ports.events.save(after, now))

    edit = anew(decide, lost=Conflict, at_last=Conflict("event", event_id))
    before, after = edit.before, edit.after
    if after == before:
        return before
    ports.schedules.delete(event_id, before.version)
    ports.journal.append(journal.EventEdited(event_id, operator, _wishes(before), _wishes(after)), now)
    return _carry_out(after, ports)


def cancel_event(event_id: str, operator: str, ports: Ports) -> ScheduledEvent:
    """Cancels an event for an operator. The pool's reservation (slots kept for the event's sessions) ends. Idempotent.

    Instances that were launched for the event may then be terminated without the usual delay.
    Raises: NotFound, EventHasEnded (the event is over), Conflict (others kept changing the event).
    """
    now = ports.now()

    def decide() -> Callable[[], Edit]:
        before = ports.events.get(event_id)
        if before.state is EventState.CANCELLED:
            return unchanged(Changed(before, before))
        _refuse_final(before)
        after = replace(before, version=before.version + 1, cancelled_at=now)
        return lambda: Changed(before, ports.events.save(after, now))

    edit = anew(decide, lost=Conflict, at_last=Conflict("event", event_id))
    if edit.after != edit.before:
        ports.journal.append(journal.EventCancelled(event_id, operator), now)
        ports.schedules.delete(event_id, edit.before.version)
    return settle_event(event_id, ports)


def _draft(plan: EventPlan, operator: str, ports: Ports) -> ScheduledEvent:
    token = plan.client_token
    return ScheduledEvent(
        event_id=event_id_of(operator, token) if token else ports.new_id("evt"),
        pool_id=plan.pool_id,
        name=plan.name,
        start=plan.start,
        end=plan.end,
        time_zone=plan.time_zone,
        expected_sessions=plan.expected_sessions,
        lead_s=plan.lead_s,
        planned_at=ports.now(),
        pre_queue_s=plan.pre_queue_s,
        maximum_cost_usd=plan.maximum_cost_usd,
        shuffle=plan.shuffle,
    )


def _carry_out(event: ScheduledEvent, ports: Ports) -> ScheduledEvent:
    """Acts on a new or edited event: schedules its state machine, does the steps that are due, and runs its preflight.

    A preflight is the check whether the event's slots can be had.
    """
    now, reading = ports.now(), reading_of(event, ports)
    first_at = min(open_steps(event, now, reading.warm).values())
    ports.schedules.create(event.event_id, event.version, max(first_at, now + SOONEST_S))
    advance_event(event.event_id, ports)
    return _checked(event.event_id, event.version, ports)


def _checked(event_id: str, version: int, ports: Ports) -> ScheduledEvent:
    """Runs an event's preflight (the check whether the event's slots can be had) and stores the result with the event.

    If the event has another version than `version` by now, nothing is stored: the edit that made the other version runs
    a preflight of its own.
    """
    preflight = preflight_event(read_event(event_id, ports), ports)

    def decide() -> Callable[[], ScheduledEvent]:
        event = ports.events.get(event_id)
        if event.version != version:
            return unchanged(event)
        return lambda: ports.events.save(replace(event, preflight=preflight), ports.now())

    try:
        return anew(decide, lost=Conflict, at_last=Conflict("event", event_id))
    except Conflict:  # others kept changing the row: the preflight is shown now, and runs again when it is due
        return replace(ports.events.get(event_id), preflight=preflight)


def _refuse_final(event: ScheduledEvent) -> None:
    if event.is_final:
        raise EventHasEnded(event.event_id, event.state)


def _wishes(event: ScheduledEvent) -> journal.EventWishes:
    return journal.EventWishes(
        name=event.name,
        start_at=event.start,
        end_at=event.end,
        time_zone=event.time_zone,
        expected_sessions=event.expected_sessions,
        lead_s=event.lead_s,
        pre_queue_s=event.pre_queue_s,
        maximum_cost_usd=event.maximum_cost_usd,
        shuffle=event.shuffle,
    )
