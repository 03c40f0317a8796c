"""Journal entries about limits: who set them, who threw the kill switch, which counter was corrected."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.journal.entry import Entry
from greenroom.domain.quota.quota import ACCOUNT_NAME, Quota, tenant_name


@dataclass(frozen=True, slots=True)
class QuotaConfigured(Entry):
    """An operator set the limits of a tenant, or, when `tenant_id` is None, of the account."""

    NAMED_BY_ENTITY = frozenset({"tenant_id"})

    tenant_id: str | None
    operator: str
    after: Quota

    @property
    def entities(self) -> tuple[str, ...]:
        return (tenant_name(self.tenant_id) if self.tenant_id else ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class KillSwitchThrown(Entry):
    """An operator threw the kill switch: nobody can start a new session until it is cleared."""

    operator: str
    reason: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class KillSwitchCleared(Entry):
    """An operator cleared the kill switch: new sessions can start again."""

    operator: str

    @property
    def entities(self) -> tuple[str, ...]:
        return (ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class QuotaRecounted(Entry):
    """A wrong counter was corrected: one shard of a tenant's or the account's, or one session in a viewer's.

    `counter`: whose it is, like `TENANT#acme`, `ACCOUNT` or `VIEWER#ada`.
    `session_id`: the session that a viewer's counter named although it was over.
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
