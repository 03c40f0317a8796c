"""Journal entries about quotas: who set them, who threw the kill switch, which counter of used units was corrected."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.journal.entry import Entry
from greenroom.domain.quota.quota import ACCOUNT_NAME, Quota, tenant_name


@dataclass(frozen=True, slots=True)
class QuotaConfigured(Entry):
    """An operator set the limits of a tenant; or, when `tenant_id` is None, of the whole AWS account."""

    NAMED_BY_ENTITY = frozenset({"tenant_id"})

    tenant_id: str | None
    operator: str
    after: Quota

    @property
    def entities(self) -> tuple[str, ...]:
        return (tenant_name(self.tenant_id) if self.tenant_id else ACCOUNT_NAME,)


@dataclass(frozen=True, slots=True)
class KillSwitchThrown(Entry):
    """An operator threw the kill switch: nobody can start a new session until an operator clears it."""

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
    """A wrong counter of used units was corrected: a tenant's or the account's (one of its shards), or a viewer's.

    `counter`: whose counter it is, like `TENANT#acme`, `ACCOUNT` or `VIEWER#ada`. `shard`, `before` and `after`
    describe the corrected shard. `session_id`: the session that a viewer's counter still named although the session had
    ended.
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
