"""Journal entries about quotas: who set limits, who threw the kill switch, which count of used units was corrected."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.journal.entry import Entry
from greenroom.domain.quota.quota import ACCOUNT_NAME, Quota, tenant_name


@dataclass(frozen=True, slots=True)
class QuotaConfigured(Entry):
    """Records that an operator set the limits of a tenant, or, when `tenant_id` is None, of the whole AWS account."""

    NAMED_BY_ENTITY = frozenset({"tenant_id"})

    tenant_id: str | None
    operator: str
    after: Quota

    @property
    def entities(self) -> tuple[str, ...]:
        return (tenant_name(self.tenant_id) if self.tenant_id else ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class KillSwitchThrown(Entry):
    """Records that an operator threw the kill switch: nobody can start a new session until an operator clears it."""

    operator: str
    reason: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class KillSwitchCleared(Entry):
    """Records that an operator cleared the kill switch: new sessions can start again."""

    operator: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class QuotaRecounted(Entry):
    """Records that a wrong count of used quota units was corrected: a viewer's, a tenant's or the AWS account's.

    `counter`: whose count it is, like `VIEWER#ada`, `TENANT#acme` or `ACCOUNT`. The count of a tenant or of the account
    is split over several rows (shards): `shard`, `before` and `after` describe the corrected row. `session_id`: the
    session that a viewer's count still named although the session had ended.
    """

    NAMED_BY_ENTITY = frozenset({"counter"})

    counter: str
    shard: int | None = None
    before: int | None = None
    after: int | None = None
    session_id: str | None = None

    @property
    def entities(self) -> tuple[str, ...]:
        return (self.counter if self.session_id else f"QUOTA#{self.counter}",)
