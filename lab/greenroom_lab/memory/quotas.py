"""Quotas and their counters in memory: the same shards and shares as in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from greenroom.domain.quota.quota import (
    LIVE,
    AccountQuota,
    Counter,
    KillSwitch,
    Quota,
    Quotas,
    Scope,
    counters_of,
    day_row,
    gpu_shards,
    gpu_uses,
    names_of,
)
from greenroom.domain.session.session import TERMINAL_STATES, Session
from greenroom.ports.quota import CountedSession, ShardCount, Used

from greenroom_lab.memory.store import Memory, QuotaRows


def take_units(rows: QuotaRows, session: Session, quotas: Quotas | None) -> list[tuple[Counter, int]]:
    """Each counter and the shard that has room. Nothing is written yet. Raises: QuotaExceeded."""
    return [(each, _shard(rows, each, session)) for each in (counters_of(session, quotas) if quotas else ())]


def enter_units(rows: QuotaRows, session: Session, units: list[tuple[Counter, int]]) -> Session:
    """The session that remembers its shards; the units are gone."""
    for counter, shard in units:
        row = rows.setdefault((counter.name, shard, counter.row), {})
        row[_field(counter)] = row.get(_field(counter), 0) + 1
        row["changedAt"] = session.requested_at
    held = {counter.scope.value: shard for counter, shard in units if counter.row == LIVE}
    return replace(session, quota_shards=held) if units else session


def give_back_units(rows: QuotaRows, session: Session, now: float) -> None:
    """Once: the caller has seen that the session is not over yet."""
    names = names_of(session)
    for scope, shard in session.quota_shards.items():
        row = rows.setdefault((names[Scope(scope)], shard, LIVE), {})
        row |= {"live": row.get("live", 0) - 1, "changedAt": now}
    for use in gpu_uses(session):
        row = rows.setdefault((use.name, use.shard, day_row(use.day)), {})
        row["gpuSeconds"] = row.get("gpuSeconds", 0) + use.seconds


class MemoryQuotas:
    """ports.QuotaSettings."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def of_tenant(self, tenant_id: str) -> Quota:
        return self.memory.tenant_quotas.get(tenant_id, Quota())

    def tenant_ids(self) -> Sequence[str]:
        return sorted(self.memory.tenant_quotas)

    def of_account(self) -> AccountQuota:
        return self.memory.account_quota

    def save_tenant(self, tenant_id: str, quota: Quota) -> None:
        self.memory.tenant_quotas[tenant_id] = quota

    def save_account(self, quota: Quota) -> None:
        with self.memory.lock:
            self.memory.account_quota = replace(self.memory.account_quota, quota=quota)

    def throw(self, kill_switch: KillSwitch) -> bool:
        with self.memory.lock:
            if self.memory.account_quota.kill_switch is not None:
                return False
            self.memory.account_quota = replace(self.memory.account_quota, kill_switch=kill_switch)
            return True

    def clear(self) -> bool:
        with self.memory.lock:
            before = self.memory.account_quota
            self.memory.account_quota = replace(before, kill_switch=None)
            return before.kill_switch is not None


class MemoryQuotaCounters:
    """ports.QuotaCounters."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def gpu_seconds(self, scope: Scope, name: str, day: str) -> int:
        rows = self.memory.quota_rows
        found = (rows.get((name, shard, day_row(day)), {}).get("gpuSeconds", 0) for shard in gpu_shards(scope))
        return int(sum(found))

    def used(self, name: str, day: str) -> Used:
        rows = [(key[2], row) for key, row in self.memory.quota_rows.items() if key[0] == name]
        days = [row for kind, row in rows if kind == day_row(day)]
        return Used(
            live=int(sum(row.get("live", 0) for kind, row in rows if kind == LIVE)),
            sessions=int(sum(row.get("sessions", 0) for row in days)),
            gpu_seconds=int(sum(row.get("gpuSeconds", 0) for row in days)),
        )

    def live_shards(self, name: str) -> Sequence[ShardCount]:
        with self.memory.lock:
            own = {key[1]: row for key, row in self.memory.quota_rows.items() if (key[0], key[2]) == (name, LIVE)}
            return [_count(shard, row) for shard, row in sorted(own.items())]

    def doubt(self, name: str, seen: ShardCount, surplus: int | None) -> None:
        with self.memory.lock:
            row = self.memory.quota_rows[(name, seen.shard, LIVE)]
            if _count(seen.shard, row) == seen:
                row.pop("doubt", None)
                row |= {} if surplus is None else {"doubt": surplus}

    def correct(self, name: str, seen: ShardCount, surplus: int) -> bool:
        self.memory.step("quota_counters.correct")
        with self.memory.lock:
            row = self.memory.quota_rows[(name, seen.shard, LIVE)]
            if _count(seen.shard, row) != seen:
                return False
            row["live"] -= surplus
            row.pop("doubt", None)
            return True

    def live_of_viewer(self, viewer_id: str) -> frozenset[str]:
        self.memory.step("quota_counters.live_of_viewer")
        return frozenset(self.memory.viewer_sessions.get(viewer_id, ()))

    def correct_viewer(self, viewer_id: str, session_id: str) -> bool:
        self.memory.step("quota_counters.correct_viewer")
        with self.memory.lock:
            session = self.memory.session_rows.get(session_id)
            own = self.memory.viewer_sessions.setdefault(viewer_id, set())
            wrong = (session is None or session.state in TERMINAL_STATES) == (session_id in own)
            if wrong:
                own ^= {session_id}
            return wrong

    def list_counted(self) -> Iterable[CountedSession]:
        with self.memory.lock:
            return [
                CountedSession(each.session_id, each.viewer_id, each.tenant_id, each.quota_shards)
                for each in self.memory.session_rows.values()
                if each.state not in TERMINAL_STATES
            ]


def _count(shard: int, row: dict[str, float]) -> ShardCount:
    doubt = row.get("doubt")
    return ShardCount(shard, int(row.get("live", 0)), row["changedAt"], None if doubt is None else int(doubt))


def _field(counter: Counter) -> str:
    return "live" if counter.row == LIVE else "sessions"


def _shard(rows: QuotaRows, counter: Counter, session: Session) -> int:
    first = sum(session.session_id.encode())
    for step in range(counter.shards):
        shard = (first + step) % counter.shards
        share = counter.share(shard)
        if share is None or rows.get((counter.name, shard, counter.row), {}).get(_field(counter), 0) < share:
            return shard
    raise counter.exceeded(session.requested_at)
