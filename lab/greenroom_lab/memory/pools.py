"""Each pool's one row of capacity in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from greenroom.domain.errors import Conflict
from greenroom.domain.event.scheduled_event import EventReservation
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.instance.launch import Launch
from greenroom.domain.pool.pool import Halt
from greenroom.domain.session.session_length import LENGTHS_KEPT, SessionLength
from greenroom.ports.pool import BOOTS_KEPT, PoolRows

from greenroom_lab.memory.store import FleetRows, Memory


class MemoryPools:
    """ports.Pools."""

    def __init__(self, memory: Memory, rows: FleetRows) -> None:
        self.memory, self.rows = memory, rows

    def read(self, pool_id: str) -> PoolRows:
        with self.memory.lock:
            own = tuple(each for (pool, _), each in self.rows.launches.items() if pool == pool_id)
            living = (each for each in self.memory.instance_rows.values() if each.state is not InstanceState.TERMINATED)
            member_ids = tuple(each.instance_id for each in living if each.pool_id == pool_id)
            return replace(self._of(pool_id), launches=own, member_ids=member_ids)

    def free(self, pool_id: str) -> int | None:
        return self.memory.free_counts.get(pool_id)

    def begin_pass(self, pool_id: str, now: float) -> bool:
        with self.memory.lock:
            if self.memory.pending_until.get(pool_id, 0) > now:
                return False
            self.memory.pending_until[pool_id] = now + 120
            return True

    def clear_pending(self, pool_id: str) -> None:
        with self.memory.lock:
            self.memory.pending_until.pop(pool_id, None)

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        self.memory.step("pools.commit_launches")
        with self.memory.lock:
            if self._of(pool_id).version != version:
                raise Conflict("pool", pool_id)
            self._change(pool_id, version=version + 1)
            for each in launches:
                self.rows.launches[(pool_id, each.launch_id)] = each

    def record_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        self._change(pool_id, surplus_since=since, surplus_least=0 if since is None else least)

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        before = self._of(pool_id)
        if before.surplus_since == since and before.surplus_least > least:
            self._change(pool_id, surplus_least=least)

    def record_given_back(self, pool_id: str, slots: int) -> None:
        self._change(pool_id, give_back_slots=max(0, self._of(pool_id).give_back_slots - slots))

    def record_launch_failed(self, pool_id: str, rests_until: float) -> None:
        failures = self._of(pool_id).failed_launches + 1
        self._change(pool_id, failed_launches=failures, launch_rests_until=rests_until)

    def record_launch_registered(self, pool_id: str) -> None:
        self._change(pool_id, failed_launches=0, launch_rests_until=0.0)

    def record_boot_failed(self, pool_id: str, instance_id: str) -> int:
        failed = self.rows.failed_boots.setdefault(pool_id, set())
        failed.add(instance_id)
        return len(failed)

    def record_boot(self, pool_id: str, seconds: float | None) -> None:
        self.rows.failed_boots.pop(pool_id, None)
        if seconds is None:
            return
        kept = (*self._of(pool_id).boot_times, round(seconds, 1))
        self._change(pool_id, boot_times=kept[-BOOTS_KEPT:])

    def record_length(self, pool_id: str, length: SessionLength) -> None:
        kept = (*self._of(pool_id).session_lengths, length)
        self._change(pool_id, session_lengths=kept[-LENGTHS_KEPT:])

    def halt(self, pool_id: str, halt: Halt) -> bool:
        if self._of(pool_id).halted is not None:
            return False
        self._change(pool_id, halted=halt)
        return True

    def resume(self, pool_id: str) -> bool:
        if self._of(pool_id).halted is None:
            return False
        self.rows.failed_boots.pop(pool_id, None)
        self._change(pool_id, halted=None, failed_launches=0, launch_rests_until=0.0)
        return True

    def reserve_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        before = self._of(pool_id)
        held = before.reservations.get(event_id, EventReservation(slots))
        if held.slots > slots:
            given = before.give_back_slots + held.slots - slots
            self._change(pool_id, give_back_slots=given, give_back_until=give_back_until)
        self._change(pool_id, reservations={**before.reservations, event_id: replace(held, slots=slots)})

    def open_event(self, pool_id: str, event_id: str) -> None:
        reservations = self._of(pool_id).reservations
        if event_id in reservations and reservations[event_id].taken_at is None:
            opened = replace(reservations[event_id], taken_at=self._of(pool_id).taken)
            self._change(pool_id, reservations={**reservations, event_id: opened})

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        before = self._of(pool_id)
        reservations = dict(before.reservations)
        held = reservations.pop(event_id, None)
        if held is None:
            return False
        given = before.give_back_slots + held.slots
        self._change(pool_id, reservations=reservations, give_back_slots=given, give_back_until=give_back_until)
        return True

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        with self.memory.lock:
            if self.memory.free_counts.get(pool_id) == seen:
                self.memory.free_counts[pool_id] = counted

    def _of(self, pool_id: str) -> PoolRows:
        rows = self.rows.pools.get(pool_id, PoolRows(version=0, launches=()))
        failed = len(self.rows.failed_boots.get(pool_id, ()))
        return replace(rows, taken=self.memory.taken_counts.get(pool_id, 0), failed_boots=failed)

    def _change(self, pool_id: str, **facts: Any) -> None:
        self.rows.pools[pool_id] = replace(self._of(pool_id), **facts)
