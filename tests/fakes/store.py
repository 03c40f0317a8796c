"""What the ports in memory hold: placed and read by tests. The only module of the tests that names their rows.

`put` places values of `tests.builders` as the transactions would leave them: a Free slot with its free entry, counted;
a waiting session with its place in line; a live one counted for its viewer. Where a port answers the same, read that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.instance.instance import Instance
from greenroom.domain.instance.launch import Launch
from greenroom.domain.pool.pool import Application, Pool
from greenroom.domain.quota.quota import LIVE
from greenroom.domain.session.session import TERMINAL_STATES, WAITING_STATES, Session
from greenroom.domain.slot.slot import FreeSlot, Slot, SlotState
from greenroom.domain.socket.connection import Connection, Ticket
from greenroom.ports.line import LineTicket
from greenroom_lab.memory.ports import FakePorts
from greenroom_lab.memory.slots import free_entry
from greenroom_lab.memory.store import Memory

from tests.builders import a_place

T = TypeVar("T", Application, Pool, Instance, Slot, Session, ScheduledEvent, Launch, FreeSlot, LineTicket)
Thing = Application | Pool | Instance | Slot | Session | ScheduledEvent | Launch | FreeSlot | LineTicket
"""A FreeSlot or a LineTicket alone is half of a write: an entry or a place whose slot or session says otherwise."""


# -- placing


def put(ports: FakePorts, *things: Thing) -> None:
    """Each stands as given, whatever stood there, and all that follows from it stands with it."""
    with ports.memory.lock:
        for thing in things:
            rows, key = _row(ports, thing)
            if key in rows:
                _unlink(ports.memory, rows[key])
            rows[key] = thing
            _link(ports.memory, thing)
            if isinstance(thing, ScheduledEvent):
                ports.events.listed.add(thing.event_id)


def change(ports: FakePorts, thing: T, **facts: Any) -> T:
    """It stands as it stood but for `facts`; what is given may be an older reading of it."""
    rows, key = _row(ports, thing)
    after: T = replace(rows[key], **facts)
    put(ports, after)
    return after


def remove(ports: FakePorts, *things: Thing) -> None:
    """Each is gone, and what followed from it; but an event stays listed, which is a row of its own."""
    with ports.memory.lock:
        for thing in things:
            rows, key = _row(ports, thing)
            _unlink(ports.memory, rows.pop(key))


def change_instance(ports: FakePorts, instance_id: str, **facts: Any) -> Instance:
    """The instance of this id."""
    return change(ports, ports.memory.instance_rows[instance_id], **facts)


def change_application(ports: FakePorts, **facts: Any) -> Application:
    """The application `demo`."""
    return change(ports, ports.memory.applications["demo"], **facts)


def change_pool(ports: FakePorts, **facts: Any) -> Pool:
    """The pool `demo`."""
    return change(ports, ports.memory.pools["demo"], **facts)


def change_policy(ports: FakePorts, **facts: Any) -> Pool:
    """That of the pool `demo`."""
    pool = ports.memory.pools["demo"]
    return change(ports, pool, policy=replace(pool.policy, **facts))


def miscount_free(ports: FakePorts, free: int | None, pool_id: str = "demo") -> None:
    """The pool's coarse counter says this, whatever is free; None: nobody counted yet."""
    ports.memory.free_counts.pop(pool_id, None)
    if free is not None:
        ports.memory.free_counts[pool_id] = free


def count_taken(ports: FakePorts, pool_id: str = "demo") -> None:
    """The pool's counter knows of one more session that ever got a slot."""
    ports.memory.taken_counts[pool_id] = ports.memory.taken_counts.get(pool_id, 0) + 1


def miscount_viewer(ports: FakePorts, viewer_id: str, *session_ids: str) -> None:
    """The viewer's counter names these, whatever the sessions say: half of a transaction, out of a backup."""
    ports.memory.viewer_sessions[viewer_id] = set(session_ids)


def miscount_units(ports: FakePorts, name: str, change: int) -> None:
    """One shard of this quota's live counter is off by so many, as if somebody had edited the table."""
    key = next(key for key in ports.memory.quota_rows if (key[0], key[2]) == (name, LIVE))
    ports.memory.quota_rows[key]["live"] += change


def touch_units(ports: FakePorts) -> None:
    """Every counter of the quotas changed just now."""
    for row in ports.memory.quota_rows.values():
        row["changedAt"] = ports.now()


def _row(ports: FakePorts, thing: Thing) -> tuple[dict[Any, Any], Any]:
    """The rows it stands in, and its key there."""
    memory = ports.memory
    match thing:
        case Application():
            return memory.applications, thing.application_id
        case Pool():
            return memory.pools, thing.pool_id
        case Instance():
            return memory.instance_rows, thing.instance_id
        case Slot():
            return memory.slot_rows, thing.slot_id
        case Session():
            return memory.session_rows, thing.session_id
        case ScheduledEvent():
            return memory.events, thing.event_id
        case Launch():
            return ports.fleet_rows.launches, (thing.pool_id, thing.launch_id)
        case FreeSlot():
            return memory.free_rows, thing.slot_id
        case LineTicket():
            return memory.line_rows, (thing.pool_id, thing.order_at, thing.session_id)


def _link(memory: Memory, thing: Thing) -> None:
    """What follows from it."""
    if isinstance(thing, Slot):
        free = thing.state is SlotState.FREE
        memory.free_counts[thing.pool_id] = memory.free_counts.get(thing.pool_id, 0) + free
        if free:
            memory.free_rows[thing.slot_id] = free_entry(thing)
    if isinstance(thing, Session):
        memory.client_tokens[(thing.viewer_id, thing.client_token)] = thing.session_id
        if thing.state not in TERMINAL_STATES:
            memory.viewer_sessions.setdefault(thing.viewer_id, set()).add(thing.session_id)
        if thing.state in WAITING_STATES:
            memory.line_rows[_place(thing)] = a_place(thing)


def _unlink(memory: Memory, thing: Thing) -> None:
    """What followed from it, as far as it stands."""
    if isinstance(thing, Slot) and thing.state is SlotState.FREE:
        memory.free_rows.pop(thing.slot_id, None)
        memory.free_counts[thing.pool_id] = memory.free_counts.get(thing.pool_id, 0) - 1
    if isinstance(thing, Session):
        memory.client_tokens.pop((thing.viewer_id, thing.client_token), None)
        memory.viewer_sessions.get(thing.viewer_id, set()).discard(thing.session_id)
        memory.line_rows.pop(_place(thing), None)


def _place(session: Session) -> tuple[str, float, str]:
    place = a_place(session)
    return place.pool_id, place.order_at, place.session_id


# -- reading


def instances(ports: FakePorts) -> list[Instance]:
    """All of them, the Terminated too, as they came."""
    return list(ports.memory.instance_rows.values())


def the_instance(ports: FakePorts) -> Instance:
    """The only one."""
    (instance,) = instances(ports)
    return instance


def slots_of(ports: FakePorts, instance_id: str | None = None) -> list[Slot]:
    """All of them, or those of one instance, as they came."""
    return [each for each in ports.memory.slot_rows.values() if instance_id in (None, each.instance_id)]


def the_slot(ports: FakePorts) -> Slot:
    """The only one."""
    (slot,) = slots_of(ports)
    return slot


def free_entries(ports: FakePorts) -> list[FreeSlot]:
    """What searches may find, in all pools."""
    return list(ports.memory.free_rows.values())


def is_free(ports: FakePorts, slot: Slot | FreeSlot) -> bool:
    """Whether a search may find it: it has its free entry."""
    return slot.slot_id in ports.memory.free_rows


def free_count(ports: FakePorts, pool_id: str = "demo") -> int | None:
    """What the pool's coarse counter says; None: nobody counted yet."""
    return ports.memory.free_counts.get(pool_id)


def all_sessions(ports: FakePorts) -> list[Session]:
    """Those that are over too, as they came."""
    return list(ports.memory.session_rows.values())


def the_session(ports: FakePorts) -> Session:
    """The only one."""
    (session,) = all_sessions(ports)
    return session


def session_of(ports: FakePorts, viewer_id: str) -> Session:
    """The viewer's first."""
    return next(each for each in all_sessions(ports) if each.viewer_id == viewer_id)


def line_of(ports: FakePorts) -> list[LineTicket]:
    """The places of all lines, in order."""
    return [row for _, row in sorted(ports.memory.line_rows.items())]


def counted_for(ports: FakePorts, viewer_id: str) -> set[str]:
    """The sessions that the viewer's counter names."""
    return set(ports.memory.viewer_sessions.get(viewer_id, ()))


def events(ports: FakePorts) -> list[ScheduledEvent]:
    """All of them, as they came."""
    return list(ports.memory.events.values())


def tickets(ports: FakePorts) -> dict[str, Ticket]:
    """Those of the Viewer socket that nobody used yet, by the hash they are stored under, as they came."""
    return dict(ports.memory.ticket_rows)


def connections(ports: FakePorts) -> dict[str, Connection]:
    """Those of the Viewer socket that are open, by id."""
    return dict(ports.memory.connection_rows)


def rests(ports: FakePorts) -> list[tuple[str, str]]:
    """The pool and the key of all that EC2 ever refused."""
    return list(ports.fleet_rows.offerings)


def lost_claims(ports: FakePorts) -> int:
    """How many claims came too late for their slot."""
    return ports.memory.losses


def beside(ports: FakePorts, seed: int = 2) -> FakePorts:
    """The ports of another process, on the same tables."""
    other = FakePorts(ports.memory, seed)
    other.fleet_rows = ports.fleet_rows
    for port in (other.pools, other.launches, other.offerings, other.orphans):
        port.rows = ports.fleet_rows
    return other


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What stood at one moment, by id: to be compared with another one, whole or in part."""

    applications: Mapping[str, Application]
    pools: Mapping[str, Pool]
    events: Mapping[str, ScheduledEvent]
    instances: Mapping[str, Instance]
    slots: Mapping[str, Slot]
    free_entries: Mapping[str, FreeSlot]
    free_counts: Mapping[str, int]
    sessions: Mapping[str, Session]
    counted: Mapping[str, frozenset[str]]
    line: tuple[LineTicket, ...]


def snapshot(ports: FakePorts) -> Snapshot:
    """All of it now."""
    memory = ports.memory
    return Snapshot(
        applications=dict(memory.applications),
        pools=dict(memory.pools),
        events=dict(memory.events),
        instances=dict(memory.instance_rows),
        slots=dict(memory.slot_rows),
        free_entries=dict(memory.free_rows),
        free_counts=dict(memory.free_counts),
        sessions=dict(memory.session_rows),
        counted={viewer_id: frozenset(counted) for viewer_id, counted in memory.viewer_sessions.items()},
        line=tuple(line_of(ports)),
    )
