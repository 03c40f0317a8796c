"""Make a pool hold what the event's row says: after each step, edit and cancel, and again by whoever looks later.

The row is the truth and the hold is set, never incremented. So a step that died half-way, came twice or came late ends
where the row stands, and nothing is ever patched.
"""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.event.scheduled_event import EventState, ScheduledEvent
from greenroom.domain.events import ReaperNeeded
from greenroom.domain.journal import event as journal
from greenroom.ports.event import HasEvents
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.pool import HasPools, PoolRows
from greenroom.ports.reaper import HasReaper
from greenroom.ports.world import Clock
from greenroom.usecases.pool.request_pass import request_pass


class Ports(Clock, HasBus, HasEvents, HasJournal, HasPools, HasReaper, Protocol):
    """What is reached here, callees included."""


GIVE_BACK_WITHIN_S = 1800
"""How long after its end the event's slots go at once; viewers who stay longer leave them to the scale-in clock."""
ROUNDS = 6


def settle_event(event_id: str, ports: Ports) -> ScheduledEvent:
    """Until row and pool agree: whoever changes the row while its hold is set, is seen by the next look.

    Raises: NotFound.
    """
    event = ports.events.get(event_id)
    for _ in range(ROUNDS):
        if not settle(event, ports.pools.read(event.pool_id), ports):
            break
        event = ports.events.get(event_id)
    return event


def settle(event: ScheduledEvent, rows: PoolRows, ports: Ports) -> bool:
    """Whether the pool had to be changed."""
    held = rows.holds.get(event.event_id)
    if not event.holds_slots:
        return held is not None and _give_back(event, ports)
    if held is not None and held.taken_at is not None and event.state is EventState.WARMING:
        _give_back(event, ports)  # it was put off after it had opened: held anew, and whole
        held = None
    is_set = held is not None and held.slots == event.expected_sessions
    if not is_set:
        before = held.slots if held else 0
        until = ports.now() + GIVE_BACK_WITHIN_S
        ports.pools.hold_for_event(event.pool_id, event.event_id, event.expected_sessions, until)
        entry = journal.EventWarmed(event.event_id, event.pool_id, event.expected_sessions, before)
        _ask(event, "eventWarmed", entry, ports)
    opens = event.state is EventState.OPEN and (held is None or held.taken_at is None)
    if opens:
        ports.pools.open_event(event.pool_id, event.event_id)
        ports.journal.append(journal.EventOpened(event.event_id, event.pool_id), ports.now())
    return opens or not is_set


def _give_back(event: ScheduledEvent, ports: Ports) -> bool:
    """What it held goes without waiting for the scale-in clock; sessions that still run end in peace."""
    given = ports.pools.end_event(event.pool_id, event.event_id, ports.now() + GIVE_BACK_WITHIN_S)
    if given:
        _ask(event, "eventGivenBack", journal.EventGivenBack(event.event_id, event.pool_id, event.state), ports)
    return given


def _ask(event: ScheduledEvent, cause: str, entry: journal.EventWarmed | journal.EventGivenBack, ports: Ports) -> None:
    """Written down, then a pass is asked for; an active hold keeps the reaper awake."""
    ports.journal.append(entry, ports.now())
    request_pass(event.pool_id, cause, ports)
    if not ports.reaper.is_held(ports.now()):
        ports.bus.send(ReaperNeeded(cause=cause))
