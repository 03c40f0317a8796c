"""The keys of quotas and their counters.

Catalog: `TENANT#<id>` and `ACCOUNT`. Sessions: `QUOTA#<whose>#<shard>` / `LIVE` and `DAY#<date>`: each shard has a
partition of its own, so that a rush is not slowed by the writes one partition can take.
"""

from __future__ import annotations

from datetime import UTC, datetime

ACCOUNT_KEY = "ACCOUNT"
TENANTS = "TENANTS"
"""One partition lists the tenants that have a row, so that nobody has to scan the table."""
DAY_KEPT_S = 8 * 86400
"""How long a day's counters are kept."""


def tenant_key(tenant_id: str) -> str:
    return f"TENANT#{tenant_id}"


def counter_key(name: str, shard: int) -> str:
    return f"QUOTA#{name}#{shard}"


def day_expires_at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + DAY_KEPT_S
