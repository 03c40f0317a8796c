"""The tables in memory: one lock, every port method one atomic step. Passes the same contract suite as DynamoDB."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import Any, TypeVar

from greenroom.domain.errors import (
    Conflict,
    DuplicateLaunch,
    IllegalTransition,
    InstanceHasEnded,
    NotFound,
    SessionAlreadyAdopted,
    SessionHasEnded,
    SlotLost,
    StaleBoot,
    StaleEpoch,
    TicketRefused,
    ViewerLimitReached,
)
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.instance.instance import CLAIMABLE_STATES, Instance, InstanceState
from greenroom.domain.line.line import order_of
from greenroom.domain.pool.pool import Application, Pool
from greenroom.domain.quota.quota import AccountQuota, Counter, Quota, Quotas
from greenroom.domain.session.eta import Eta, EtaShown
from greenroom.domain.session.session import (
    TERMINAL_STATES,
    WAITING_STATES,
    LeftSlot,
    Moving,
    Session,
    SessionMove,
    SessionState,
    StatusReason,
    epoch_of,
    final_state,
    migrating,
    moved,
)
from greenroom.domain.slot.slot import FreeSlot, Slot, SlotState
from greenroom.domain.socket.connection import AgentConnection, Connection, PeerKind, Ticket
from greenroom.domain.times import iso
from greenroom.ports import Joined, JournalRow, LineTicket, Wait

from tests.fakes.quota_units import QuotaRows, enter_units, give_back_units, take_units

R = TypeVar("R")


class Memory:
    """Everything the four tables hold. `between` is called before each atomic step: tests interleave there."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.session_rows: dict[str, Session] = {}
        self.viewer_sessions: dict[str, set[str]] = {}
        self.quota_rows: QuotaRows = {}
        self.tenant_quotas: dict[str, Quota] = {}
        self.account_quota = AccountQuota()
        self.client_tokens: dict[tuple[str, str], str] = {}
        self.line_rows: dict[tuple[str, float, str], LineTicket] = {}
        self.slot_rows: dict[str, Slot] = {}
        self.free_rows: dict[str, FreeSlot] = {}
        self.instance_rows: dict[str, Instance] = {}
        self.applications: dict[str, Application] = {}
        self.pools: dict[str, Pool] = {}
        self.events: dict[str, ScheduledEvent] = {}
        self.free_counts: dict[str, int] = {}
        self.taken_counts: dict[str, int] = {}
        self.pending_until: dict[str, float] = {}
        self.ticket_rows: dict[str, Ticket] = {}
        self.connection_rows: dict[str, Connection] = {}
        self.agent_rows: dict[str, AgentConnection] = {}
        self.reaper_until = 0.0
        self.reaper_owner: str | None = None
        self.reaper_notes: dict[str, float] = {}
        self.journal_rows: list[tuple[str, str, float, dict[str, Any]]] = []
        self.losses = 0
        self.between: Callable[[str], None] = lambda step: None

    def step(self, name: str) -> None:
        """The seam before an atomic step."""
        self.between(name)

    def find(self, rows: dict[str, R], key: str) -> R:
        if key not in rows:
            raise NotFound(key)
        return rows[key]


class MemorySessions:
    """ports.Sessions."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, session_id: str) -> Session:
        self.memory.step("sessions.get")
        with self.memory.lock:
            return self.memory.find(self.memory.session_rows, session_id)

    def list_of_viewer(self, viewer_id: str, limit: int) -> Sequence[Session]:
        with self.memory.lock:
            own = [each for each in self.memory.session_rows.values() if each.viewer_id == viewer_id]
        return sorted(own, key=lambda each: each.requested_at, reverse=True)[:limit]

    def move(self, session_id: str, move: SessionMove) -> Session:
        self.memory.step("sessions.move")
        with self.memory.lock:
            return self._put(moved(self.memory.find(self.memory.session_rows, session_id), move))

    def store_wait(self, session_id: str, wait: Wait) -> Session:
        self.memory.step("sessions.store_wait")
        with self.memory.lock:
            session = self.memory.find(self.memory.session_rows, session_id)
            arn = wait.execution_arn or session.execution_arn
            if session.execution_arn not in (None, arn):
                raise SessionAlreadyAdopted(session_id)
            return self._put(replace(session, awaits=wait.awaits, task_token=wait.task_token, execution_arn=arn))

    def join(self, session_id: str, connection_id: str, epoch: int, resume_join: int | None) -> Joined:
        self.memory.step("sessions.join")
        with self.memory.lock:
            session = self.memory.find(self.memory.session_rows, session_id)
            if not session.is_live:
                raise SessionHasEnded(session_id)
            if epoch_of(session) != epoch:
                raise StaleEpoch(session_id)
            resumed = resume_join is not None and resume_join == session.join_number
            number = session.join_number if resumed else session.join_number + 1
            before = session.viewer_connection_id
            after = self._put(
                replace(session, join_number=number, viewer_connection_id=connection_id, page_gone_at=None)
            )
            return Joined(after, before if before != connection_id else None)

    def note_eta(self, session_id: str, eta: Eta) -> bool:
        self.memory.step("sessions.note_eta")
        with self.memory.lock:
            session = self.memory.session_rows.get(session_id)
            if session is None or session.state not in WAITING_STATES:
                return False
            self._put(replace(session, eta=eta, eta_shown=session.eta_shown or EtaShown(eta.p50, eta.p90, eta.at)))
            return True

    def forget_connection(self, session_id: str, connection_id: str, now: float) -> bool:
        with self.memory.lock:
            session = self.memory.session_rows.get(session_id)
            if session is None or session.viewer_connection_id != connection_id:
                return False
            self._put(replace(session, viewer_connection_id=None, page_gone_at=now))
            return True

    def _put(self, session: Session) -> Session:
        self.memory.session_rows[session.session_id] = session
        return session


class MemoryLine:
    """ports.Line."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def head(self, pool_id: str, now: float = inf, application_id: str | None = None) -> LineTicket | None:
        self.memory.step("line.head")
        with self.memory.lock:
            rows = self.memory.line_rows
            ready = (key for key in rows if key[0] == pool_id and (rows[key].not_before or 0) <= now)
            waiting = sorted(key for key in ready if application_id in (None, rows[key].application_id))
            return self.memory.line_rows[waiting[0]] if waiting else None

    def place_of(self, session: Session) -> int:
        with self.memory.lock:
            own = (session.pool_id, order_of(session), session.session_id)
            return 1 + sum(key[0] == session.pool_id and key < own for key in self.memory.line_rows)

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        with self.memory.lock:
            return [each for each in self.nearest(pool_id, len(self.memory.line_rows)) if (each.not_before or 0) > now]

    def hold(self, session: Session, not_before: float | None, deadline_at: float) -> bool:
        self.memory.step("line.hold")
        with self.memory.lock:
            key = (session.pool_id, order_of(session), session.session_id)
            current = self.memory.session_rows[session.session_id]
            held = current.state is SessionState.QUEUED and current.not_before == session.not_before
            if not held or key not in self.memory.line_rows:
                return False
            changed = {"not_before": not_before, "deadline_at": deadline_at, "version": current.version + 1}
            self.memory.session_rows[session.session_id] = replace(current, **changed)
            self.memory.line_rows[key] = replace(self.memory.line_rows[key], not_before=not_before)
            return True

    def nearest(self, pool_id: str, most: int) -> Sequence[LineTicket]:
        with self.memory.lock:
            return [self.memory.line_rows[key] for key in sorted(self.memory.line_rows) if key[0] == pool_id][:most]

    def length(self, pool_id: str) -> int:
        with self.memory.lock:
            return sum(key[0] == pool_id for key in self.memory.line_rows)

    def remove(self, ticket: LineTicket) -> None:
        self.memory.step("line.remove")
        with self.memory.lock:
            session = self.memory.session_rows.get(ticket.session_id)
            if session is not None and session.state in WAITING_STATES:
                return
            self.memory.line_rows.pop((ticket.pool_id, ticket.order_at, ticket.session_id), None)


class MemoryClaims:
    """ports.Claims: each method is one transaction under the lock."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def free_page(self, pool_id: str, application_id: str, shard: int, start: str, limit: int) -> Sequence[FreeSlot]:
        self.memory.step("claims.free_page")
        with self.memory.lock:
            own = [each for each in self.memory.free_rows.values() if each.application_id == application_id]
            rows = [each for each in own if (each.pool_id, each.shard) == (pool_id, shard)]
        rows.sort(key=lambda each: each.slot_id)
        return [each for each in rows if each.slot_id >= start][:limit] or rows[:limit]

    def claim(
        self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None
    ) -> Session:
        self.memory.step("claims.claim")
        with self.memory.lock:
            if session.session_id in self.memory.session_rows:
                return self.memory.session_rows[session.session_id]
            self._check_viewer(session, sessions_per_viewer)
            units = self._units(session, quotas)
            self._take(free.slot_id, free.epoch, {SlotState.FREE}, session)
            return self._enter(session, units)

    def check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        with self.memory.lock:
            self._check_viewer(session, sessions_per_viewer)

    def enqueue(self, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Session:
        self.memory.step("claims.enqueue")
        with self.memory.lock:
            if session.session_id in self.memory.session_rows:
                return self.memory.session_rows[session.session_id]
            self._check_viewer(session, sessions_per_viewer)
            units = self._units(session, quotas)
            ticket = _ticket_of(session)
            self.memory.line_rows[(ticket.pool_id, ticket.order_at, ticket.session_id)] = ticket
            return self._enter(session, units)

    def migrate(self, session: Session, moving: Moving, deadline_at: float) -> Session:
        self.memory.step("claims.migrate")
        with self.memory.lock:
            current = self.memory.find(self.memory.session_rows, session.session_id)
            if epoch_of(current) != epoch_of(session):
                raise StaleEpoch(session.session_id)
            after = migrating(current, moving, deadline_at)
            self.memory.session_rows[after.session_id] = after
            ticket = _ticket_of(after)
            self.memory.line_rows[(ticket.pool_id, ticket.order_at, ticket.session_id)] = ticket
            return after

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Session:
        self.memory.step("claims.hand_over")
        with self.memory.lock:
            before = self.memory.find(self.memory.session_rows, ticket.session_id)
            waiting = SessionState.MIGRATING if left else SessionState.QUEUED
            if before.state is not waiting or (left and left.assignment.epoch != epoch_of(before)):
                raise SessionHasEnded(ticket.session_id)
            self._check_instance(slot.instance_id)
            self._take(slot.slot_id, slot.epoch, {SlotState.FREE, SlotState.RESETTING}, session)
            self._give_up(session, left)
            after = replace(
                before,
                state=session.state,
                version=before.version + 1,
                assignment=session.assignment,
                deadline_at=session.deadline_at,
                lease_until=session.lease_until,
                transitions=session.transitions,
            )
            self.memory.session_rows[after.session_id] = after
            self.memory.line_rows.pop((ticket.pool_id, ticket.order_at, ticket.session_id), None)
            return after

    def publish(self, slot: Slot, now: float) -> None:
        self.memory.step("claims.publish")
        with self.memory.lock:
            self._check_instance(slot.instance_id)
            current = self._held(slot, {SlotState.RESETTING})
            self._put(replace(current, state=SlotState.FREE, deadline_at=None))
            self.memory.free_rows[slot.slot_id] = free_entry(slot)

    def withdraw(self, slot: Slot, now: float, deadline_at: float) -> None:
        self.memory.step("claims.withdraw")
        with self.memory.lock:
            current = self._held(slot, {SlotState.FREE})
            self._put(replace(current, state=SlotState.RESETTING, deadline_at=deadline_at))
            self.memory.free_rows.pop(slot.slot_id, None)

    def retire(self, slot: Slot, now: float) -> None:
        self.memory.step("claims.retire")
        with self.memory.lock:
            current = self._held(slot, {SlotState.FREE, SlotState.RESETTING})
            self._put(replace(current, state=SlotState.RETIRED, deadline_at=None))
            self.memory.free_rows.pop(slot.slot_id, None)

    def release(self, session: Session, now: float) -> Session:
        self.memory.step("claims.release")
        with self.memory.lock:
            current = self.memory.find(self.memory.session_rows, session.session_id)
            if current.state in TERMINAL_STATES:
                return current
            if current.state is not SessionState.ENDING:
                raise IllegalTransition(f"session {current.session_id}: {current.state} is not ending")
            self._give_back(current, now)
            self.memory.viewer_sessions.get(current.viewer_id, set()).discard(current.session_id)
            give_back_units(self.memory.quota_rows, current, now)
            self.memory.line_rows.pop((current.pool_id, order_of(current), current.session_id), None)
            to = final_state(current.status_reason or StatusReason.INTERNAL_ERROR)
            move = SessionMove(to=to, at=now, sources=frozenset({SessionState.ENDING}))
            after = replace(moved(current, move), awaits=None, task_token=None)
            self.memory.session_rows[after.session_id] = after
            return after

    def _give_up(self, session: Session, left: LeftSlot | None) -> None:
        slot = self.memory.slot_rows.get(left.assignment.slot_id) if left else None
        if left is None or slot is None:
            return
        if (slot.session_id, slot.epoch) != (session.session_id, left.assignment.epoch):
            return
        instance = self.memory.instance_rows.get(slot.instance_id)
        resets = instance is not None and instance.state in CLAIMABLE_STATES and slot.state is not SlotState.RETIRED
        self._put(
            replace(
                slot,
                state=SlotState.RESETTING if resets else SlotState.RETIRED,
                session_id=None,
                viewer_id=None,
                lease_until=None,
                deadline_at=left.lingers_until + (session.limits.reset_timeout_s if resets else 0),
            )
        )

    def _give_back(self, session: Session, now: float) -> None:
        held = session.assignment
        slot = self.memory.slot_rows.get(held.slot_id) if held else None
        if held is None or slot is None or (slot.session_id, slot.epoch) != (session.session_id, held.epoch):
            return
        retired = slot.state is SlotState.RETIRED
        self._put(
            replace(
                slot,
                state=SlotState.RETIRED if retired else SlotState.RESETTING,
                session_id=None,
                viewer_id=None,
                lease_until=None,
                deadline_at=None if retired else now + session.limits.reset_timeout_s,
            )
        )

    def _check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        taken = self.memory.client_tokens.get((session.viewer_id, session.client_token))
        if taken is not None:
            raise DuplicateLaunch(taken)
        running = self.memory.viewer_sessions.get(session.viewer_id, set())
        if len(running) >= sessions_per_viewer:
            raise ViewerLimitReached(sorted(running)[0])

    def _units(self, session: Session, quotas: Quotas | None) -> list[tuple[Counter, int]]:
        return take_units(self.memory.quota_rows, session, quotas)

    def _enter(self, session: Session, units: list[tuple[Counter, int]]) -> Session:
        session = enter_units(self.memory.quota_rows, session, units)
        self.memory.session_rows[session.session_id] = session
        self.memory.viewer_sessions.setdefault(session.viewer_id, set()).add(session.session_id)
        self.memory.client_tokens[(session.viewer_id, session.client_token)] = session.session_id
        return session

    def _take(self, slot_id: str, epoch: int, sources: set[SlotState], session: Session) -> None:
        slot = self.memory.slot_rows.get(slot_id)
        fits = slot is not None and slot.application_id == session.application_id
        if slot is None or not fits or slot.state not in sources or slot.epoch != epoch:
            self.memory.losses += 1
            raise SlotLost(slot_id)
        self._put(
            replace(
                slot,
                state=SlotState.RESERVED,
                epoch=epoch_of(session),
                session_id=session.session_id,
                viewer_id=session.viewer_id,
                lease_until=session.lease_until,
                deadline_at=None,
                taken_at=session.transitions[session.state],
            )
        )
        self.memory.free_rows.pop(slot_id, None)

    def _held(self, slot: Slot, sources: set[SlotState]) -> Slot:
        current = self.memory.slot_rows.get(slot.slot_id)
        if current is None or current.state not in sources or current.epoch != slot.epoch:
            raise SlotLost(slot.slot_id)
        return current

    def _check_instance(self, instance_id: str) -> None:
        instance = self.memory.instance_rows.get(instance_id)
        if instance is None or instance.state not in CLAIMABLE_STATES:
            raise SlotLost(instance_id)

    def _put(self, slot: Slot) -> None:
        self.memory.slot_rows[slot.slot_id] = slot


class MemorySlots:
    """ports.Slots."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, slot_id: str) -> Slot:
        with self.memory.lock:
            return self.memory.find(self.memory.slot_rows, slot_id)

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        with self.memory.lock:
            own = [each for each in self.memory.slot_rows.values() if each.instance_id == instance_id]
        return sorted(own, key=lambda each: each.number)

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        self.memory.step("slots.start_streaming")
        with self.memory.lock:
            slot = self._of(slot_id, session_id, epoch)
            if slot.state is SlotState.RETIRED:
                return
            if slot.state not in (SlotState.RESERVED, SlotState.STREAMING):
                raise StaleEpoch(slot_id)
            self.memory.slot_rows[slot_id] = replace(slot, state=SlotState.STREAMING)

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        with self.memory.lock:
            slot = self._of(slot_id, session_id, epoch)
            self.memory.slot_rows[slot_id] = replace(slot, lease_until=max(slot.lease_until or 0, lease_until))

    def _of(self, slot_id: str, session_id: str, epoch: int) -> Slot:
        slot = self.memory.slot_rows.get(slot_id)
        if slot is None or (slot.session_id, slot.epoch) != (session_id, epoch):
            raise StaleEpoch(slot_id)
        return slot


class MemoryCapacity:
    """ports.Capacity."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def free(self, pool_id: str) -> int | None:
        return self.memory.free_counts.get(pool_id)

    def add_free(self, pool_id: str, change: int) -> int:
        with self.memory.lock:
            self.memory.free_counts[pool_id] = self.memory.free_counts.get(pool_id, 0) + change
            return self.memory.free_counts[pool_id]

    def count_taken(self, pool_id: str) -> int:
        with self.memory.lock:
            self.memory.taken_counts[pool_id] = self.memory.taken_counts.get(pool_id, 0) + 1
            return self.add_free(pool_id, -1)

    def begin_pass(self, pool_id: str, now: float) -> bool:
        with self.memory.lock:
            if self.memory.pending_until.get(pool_id, 0) > now:
                return False
            self.memory.pending_until[pool_id] = now + 120
            return True


class MemoryInstances:
    """ports.Instances, the part sessions need."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, instance_id: str) -> Instance:
        with self.memory.lock:
            return self.memory.find(self.memory.instance_rows, instance_id)

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        with self.memory.lock:
            instance = self.memory.find(self.memory.instance_rows, instance_id)
            if instance.boot_nonce != boot_nonce:
                raise StaleBoot(instance_id)
            if instance.state is InstanceState.BOOTING:
                instance = replace(instance, state=InstanceState.READY, ready_at=now, version=instance.version + 1)
                self.memory.instance_rows[instance_id] = instance
            return instance

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        with self.memory.lock:
            instance = self.memory.find(self.memory.instance_rows, instance_id)
            if instance.boot_nonce != boot_nonce:
                raise StaleBoot(instance_id)
            if instance.state is InstanceState.TERMINATED:
                raise InstanceHasEnded(instance_id)
            self.memory.instance_rows[instance_id] = replace(instance, heartbeat_at=now)
            return self.memory.instance_rows[instance_id]


class MemoryCatalog:
    """ports.Catalog."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def application(self, application_id: str) -> Application:
        return self.memory.find(self.memory.applications, application_id)

    def pool(self, pool_id: str) -> Pool:
        return self.memory.find(self.memory.pools, pool_id)

    def pool_ids(self) -> Sequence[str]:
        return sorted(self.memory.pools)

    def save_application(self, application: Application) -> None:
        self.memory.applications[application.application_id] = application

    def save_pool(self, pool: Pool) -> Pool:
        self.memory.step("catalog.save_pool")
        with self.memory.lock:
            stored = self.memory.pools.get(pool.pool_id)
            if (stored.version if stored else 0) != pool.version:
                raise Conflict(pool.pool_id)
            self.memory.pools[pool.pool_id] = replace(pool, version=pool.version + 1)
            return self.memory.pools[pool.pool_id]


class MemoryTickets:
    """ports.Tickets."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def store(self, ticket_hash: str, ticket: Ticket) -> None:
        with self.memory.lock:
            self.memory.ticket_rows[ticket_hash] = ticket

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        with self.memory.lock:
            ticket = self.memory.ticket_rows.pop(ticket_hash, None)
        if ticket is None or ticket.expires_at <= now:
            raise TicketRefused("unknown, used or too old")
        return ticket


class MemoryConnections:
    """ports.Connections."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def store(self, connection: Connection) -> None:
        with self.memory.lock:
            self.memory.connection_rows[connection.connection_id] = connection
            if connection.kind is PeerKind.AGENT and connection.instance_id:
                pointer = AgentConnection(connection.instance_id, connection.connection_id, connection.boot_nonce or "")
                self.memory.agent_rows[connection.instance_id] = pointer

    def get(self, connection_id: str) -> Connection:
        with self.memory.lock:
            return self.memory.find(self.memory.connection_rows, connection_id)

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        with self.memory.lock:
            if connection_id in self.memory.connection_rows:
                row = self.memory.connection_rows[connection_id]
                self.memory.connection_rows[connection_id] = replace(row, epoch=epoch)

    def of_agent(self, instance_id: str) -> AgentConnection | None:
        with self.memory.lock:
            return self.memory.agent_rows.get(instance_id)

    def drop(self, connection_id: str) -> None:
        with self.memory.lock:
            row = self.memory.connection_rows.pop(connection_id, None)
            if row is not None and row.instance_id is not None:
                pointer = self.memory.agent_rows.get(row.instance_id)
                if pointer is not None and pointer.connection_id == connection_id:
                    del self.memory.agent_rows[row.instance_id]


class MemoryReaperLease:
    """ports.ReaperLease."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def is_held(self, now: float) -> bool:
        return self.memory.reaper_until > now

    def take(self, owner: str, now: float, until: float) -> bool:
        with self.memory.lock:
            if self.memory.reaper_owner not in (None, owner) and self.memory.reaper_until > now:
                return False
            self.memory.reaper_owner, self.memory.reaper_until = owner, until
            return True

    def give_up(self, owner: str) -> None:
        with self.memory.lock:
            if self.memory.reaper_owner == owner:
                self.memory.reaper_until = 0.0

    def last_noted(self, what: str, now: float) -> float | None:
        with self.memory.lock:
            before = self.memory.reaper_notes.get(what)
            self.memory.reaper_notes[what] = now
            return before


class MemoryJournal:
    """ports.Journal."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def append(self, entity: str, kind: str, now: float, facts: Any) -> None:
        with self.memory.lock:
            self.memory.journal_rows.append((entity, kind, now, dict(facts)))

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        with self.memory.lock:
            own = [each for each in enumerate(self.memory.journal_rows) if each[1][0] == entity]
        own.sort(key=lambda each: (each[1][2], each[0]), reverse=True)
        return [JournalRow(iso(now), kind, facts) for _, (_, kind, now, facts) in own[:limit]]


def _ticket_of(session: Session) -> LineTicket:
    place = (session.pool_id, session.session_id, order_of(session), session.not_before)
    return LineTicket(*place, application_id=session.application_id)


def free_entry(slot: Slot) -> FreeSlot:
    """The entry a free slot has."""
    return FreeSlot(
        slot_id=slot.slot_id,
        instance_id=slot.instance_id,
        number=slot.number,
        pool_id=slot.pool_id,
        application_id=slot.application_id,
        shard=slot.shard,
        epoch=slot.epoch,
        instance_type=slot.instance_type,
        zone=slot.zone,
        market=slot.market,
    )
