"""Slots changing hands in memory: each method is one transaction under the lock."""

from __future__ import annotations

from collections.abc import Sequence
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
    StatusReason,
    epoch_of,
    final_state,
    migrating,
    moved,
)
from greenroom.domain.slot.slot import FreeSlot, Slot, SlotState
from greenroom.ports import LineTicket

from greenroom_lab.memory.line import _ticket_of
from greenroom_lab.memory.quotas import enter_units, give_back_units, take_units
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
