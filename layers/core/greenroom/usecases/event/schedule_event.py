"""Creates, edits and cancels scheduled events for operators."""

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
    """The event that an operator wants to create. Times are epoch seconds.

    A repeated call with the same client token is harmless.
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
    """The event with its first preflight. `repeated`: an earlier call with the same client token created the event."""

    event: ScheduledEvent
    repeated: bool


def schedule_event(plan: EventPlan, operator: str, ports: Ports) -> Scheduled:
    """Creates a scheduled event. Raises: InvalidField; NotFound (the pool).

    The event's row is written before the one-time schedule that starts its state machine, because without a row the
    state machine would find no event.
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
    """Makes the next version of an event, with the changes that an operator wants.

    The times of its steps are computed anew, and due steps are done. A change that changes nothing makes no new
    version.
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
    """Cancels an event. Its reservation (slots kept for its sessions) ends. Idempotent.

    The instances that were launched for it may be terminated at once.
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
    """Acts on a new version of an event: creates its schedule, does the steps that are due, and runs its preflight."""
    now, reading = ports.now(), reading_of(event, ports)
    first_at = min(open_steps(event, now, reading.warm).values())
    ports.schedules.create(event.event_id, event.version, max(first_at, now + SOONEST_S))
    advance_event(event.event_id, ports)
    return _checked(event.event_id, event.version, ports)


def _checked(event_id: str, version: int, ports: Ports) -> ScheduledEvent:
    """Runs the preflight (the check whether the event's slots can be had) and stores its result with the event.

    If the event was edited in the meantime, nothing is stored: the edit runs a preflight of its own.
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
