"""Where quotas and their counters lie.

Catalog: `TENANT#<id>` and `ACCOUNT`. Sessions: `QUOTA#<whose>#<shard>` / `LIVE` and `DAY#<date>`: each shard has a
partition of its own, so that a rush is not slowed by the writes one partition can take.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from greenroom.domain.quota.quota import AccountQuota, KillSwitch, Quota

ACCOUNT_KEY = "ACCOUNT"
TENANTS = "TENANTS"
"""One partition lists the tenants that have a row, so that nobody has to scan the table."""
DAY_KEPT_S = 8 * 86400
"""How long a day's counters are kept."""
QUOTA_FIELDS: Mapping[str, str] = {
    "concurrent_sessions": "concurrentSessions",
    "sessions_per_day": "sessionsPerDay",
    "gpu_minutes_per_day": "gpuMinutesPerDay",
}
"""Field of Quota -> its name in rows."""


def tenant_key(tenant_id: str) -> str:
    return f"TENANT#{tenant_id}"


def counter_key(name: str, shard: int) -> str:
    return f"QUOTA#{name}#{shard}"


def day_expires_at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + DAY_KEPT_S


def quota_row(quota: Quota) -> dict[str, Any]:
    """Names and values; None is no limit."""
    return {name: getattr(quota, field) for field, name in QUOTA_FIELDS.items()}


def quota_of(row: Mapping[str, Any]) -> Quota:
    return Quota(**{field: row.get(name) for field, name in QUOTA_FIELDS.items()})


def account_of(row: Mapping[str, Any]) -> AccountQuota:
    thrown = row.get("killSwitch")
    return AccountQuota(quota_of(row), KillSwitch(thrown["reason"], thrown["at"], thrown["by"]) if thrown else None)
