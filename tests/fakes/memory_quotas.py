"""Quotas and their counters in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from greenroom.domain.quota.quota import LIVE, AccountQuota, KillSwitch, Quota, Scope, day_row, gpu_shards
from greenroom.domain.session.session import TERMINAL_STATES
from greenroom.quota_ports import CountedSession, ShardCount, Used

from tests.fakes.memory import Memory


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
