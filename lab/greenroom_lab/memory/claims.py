"""Slots changing hands in memory: each method is one transaction under the lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from greenroom.domain.errors import (
    DuplicateLaunch,
    IllegalTransition,
    SessionHasEnded,
    SlotLost,
    StaleEpoch,
    ViewerLimitReached,
)
from greenroom.domain.instance.instance import CLAIMABLE_STATES
from greenroom.domain.line.line import order_of
from greenroom.domain.quota.quota import Counter, Quotas
from greenroom.domain.session.session import (
    TERMINAL_STATES,
    LeftSlot,
    Moving,
    Session,
    SessionMove,
    SessionState,
    SlotAssignment,
    StatusReason,
    epoch_of,
    final_state,
    migrating,
    moved,
    taker_of,
)
from greenroom.domain.slot import slot_move
from greenroom.domain.slot.slot import FreeSlot, Slot
from greenroom.domain.slot.slot_move import SlotMove
from greenroom.ports.line import LineTicket
from greenroom.ports.session import Taken

from greenroom_lab.memory.line import _ticket_of
from greenroom_lab.memory.quotas import enter_units, give_back_units, take_units
from greenroom_lab.memory.slots import count_moves, make_moves
from greenroom_lab.memory.store import Memory


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

    def claim(self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Taken:
        self.memory.step("claims.claim")
        move = slot_move.claim(free, taker_of(session))
        with self.memory.lock:
            entered = self.memory.session_rows.get(session.session_id)
            if entered is None:
                self._check_viewer(session, sessions_per_viewer)
                units = self._units(session, quotas)
                self._take([move])
                entered = self._enter(session, units)
        return Taken(entered, count_moves(self.memory, free.pool_id, [move]))

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
            current = self.memory.find("session", self.memory.session_rows, session.session_id)
            if epoch_of(current) != epoch_of(session):
                raise StaleEpoch("session", session.session_id)
            after = migrating(current, moving, deadline_at)
            self.memory.session_rows[after.session_id] = after
            ticket = _ticket_of(after)
            self.memory.line_rows[(ticket.pool_id, ticket.order_at, ticket.session_id)] = ticket
            return after

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Taken:
        self.memory.step("claims.hand_over")
        move = slot_move.hand_over(slot, taker_of(session))
        with self.memory.lock:
            before = self.memory.find("session", self.memory.session_rows, ticket.session_id)
            waiting = SessionState.MIGRATING if left else SessionState.QUEUED
            if before.state is not waiting or (left and left.assignment.epoch != epoch_of(before)):
                raise SessionHasEnded(ticket.session_id)
            self._check_instance(slot.instance_id)
            self._take([move, *self._given_up(session, left)])
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
        return Taken(after, count_moves(self.memory, slot.pool_id, [move]))

    def publish(self, slot: Slot, now: float, enough: Callable[[], int] | None = None) -> bool:
        self.memory.step("claims.publish")
        move = slot_move.publish(slot, now)
        with self.memory.lock:
            self._check_instance(slot.instance_id)
            make_moves(self.memory, [move])
        limit = enough() if enough else None
        free = count_moves(self.memory, slot.pool_id, [move])
        return limit is not None and free == limit + 1

    def release(self, session: Session, now: float) -> Session:
        self.memory.step("claims.release")
        with self.memory.lock:
            current = self.memory.find("session", self.memory.session_rows, session.session_id)
            if current.state in TERMINAL_STATES:
                return current
            if current.state is not SessionState.ENDING:
                raise IllegalTransition(f"session {current.session_id}: {current.state} is not ending")
            make_moves(self.memory, self._given_back(current, now))
            self.memory.viewer_sessions.get(current.viewer_id, set()).discard(current.session_id)
            give_back_units(self.memory.quota_rows, current, now)
            self.memory.line_rows.pop((current.pool_id, order_of(current), current.session_id), None)
            to = final_state(current.status_reason or StatusReason.INTERNAL_ERROR)
            move = SessionMove(to=to, at=now, sources=frozenset({SessionState.ENDING}))
            after = replace(moved(current, move), awaits=None, task_token=None)
            self.memory.session_rows[after.session_id] = after
            return after

    def _given_up(self, session: Session, left: LeftSlot | None) -> list[SlotMove]:
        slot = self._held(session, left.assignment) if left else None
        if slot is None or left is None:
            return []
        instance = self.memory.instance_rows.get(slot.instance_id)
        serves = instance is not None and instance.state in CLAIMABLE_STATES
        again_s = session.limits.reset_timeout_s if serves else None
        return [slot_move.give_up(slot, session.transitions[session.state], left.lingers_until, again_s)]

    def _given_back(self, session: Session, now: float) -> list[SlotMove]:
        slot = self._held(session, session.assignment) if session.assignment else None
        return [slot_move.release(slot, now, now + session.limits.reset_timeout_s)] if slot else []

    def _held(self, session: Session, assignment: SlotAssignment) -> Slot | None:
        """The slot, if it is still the session's."""
        slot = self.memory.slot_rows.get(assignment.slot_id)
        if slot is None or (slot.session_id, slot.epoch) != (session.session_id, assignment.epoch):
            return None
        return slot

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

    def _take(self, moves: Sequence[SlotMove]) -> None:
        try:
            make_moves(self.memory, moves)
        except SlotLost:
            self.memory.losses += 1
            raise

    def _check_instance(self, instance_id: str) -> None:
        instance = self.memory.instance_rows.get(instance_id)
        if instance is None or instance.state not in CLAIMABLE_STATES:
            raise SlotLost(instance_id, "instance")
