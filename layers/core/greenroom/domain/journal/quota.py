"""The Journal of limits: who set them, who stopped all new sessions, which counter was wrong."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.journal.entry import Entry
from greenroom.domain.quota.quota import ACCOUNT_NAME, Quota, tenant_name


@dataclass(frozen=True, slots=True)
class QuotaConfigured(Entry):
    """An operator limited a tenant, or without `tenant_id` the account."""

    NAMED_BY_ENTITY = frozenset({"tenant_id"})

    tenant_id: str | None
    operator: str
    after: Quota

    @property
    def entities(self) -> tuple[str, ...]:
        return (tenant_name(self.tenant_id) if self.tenant_id else ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class KillSwitchThrown(Entry):
    """No new session for anybody until it is cleared."""

    operator: str
    reason: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class KillSwitchCleared(Entry):
    """New sessions are let in again."""

    operator: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class QuotaRecounted(Entry):
    """A wrong counter was corrected: a shard of a tenant's or the account's, or a session less in a viewer's.

    `counter`: whose, like `TENANT#acme`, `ACCOUNT` or `VIEWER#ada`. `session_id`: what a viewer's named in vain.
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
