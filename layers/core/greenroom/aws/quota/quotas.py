"""What tenants and the account may use, in the Catalog."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.aws.quota.quota_rows import ACCOUNT_KEY, TENANTS, account_of, quota_of, quota_row, tenant_key
from greenroom.aws.table.rows import RowChanged, change, query, read, store
from greenroom.aws.table.write import Write
from greenroom.domain.quota.quota import AccountQuota, KillSwitch, Quota


class DynamoQuotas:
    """ports.QuotaSettings."""

    def __init__(self, table: str) -> None:
        self._table = table

    def of_tenant(self, tenant_id: str) -> Quota:
        return quota_of(read(self._table, tenant_key(tenant_id), "META"))

    def tenant_ids(self) -> Sequence[str]:
        return [row["sk"] for row in query(self._table, TENANTS)]

    def of_account(self) -> AccountQuota:
        return account_of(read(self._table, ACCOUNT_KEY, "META"))

    def save_tenant(self, tenant_id: str, quota: Quota) -> None:
        # Listed first: a listed tenant without a row has no limits, an unlisted one would never be recounted.
        store(self._table, {"pk": TENANTS, "sk": tenant_id})
        self._save(tenant_key(tenant_id), quota)

    def save_account(self, quota: Quota) -> None:
        self._save(ACCOUNT_KEY, quota)

    def throw(self, kill_switch: KillSwitch) -> bool:
        write = Write(self._table, ACCOUNT_KEY, "META")
        write.when(f"attribute_not_exists({write.name('killSwitch')})")
        row = {"reason": kill_switch.reason, "at": kill_switch.at, "by": kill_switch.by}
        return self._done(write.set("killSwitch", row))

    def clear(self) -> bool:
        write = Write(self._table, ACCOUNT_KEY, "META")
        write.when(f"attribute_exists({write.name('killSwitch')})")
        return self._done(write.remove("killSwitch"))

    def _save(self, pk: str, quota: Quota) -> None:
        write = Write(self._table, pk, "META")
        for name, value in quota_row(quota).items():
            write.remove(name) if value is None else write.set(name, value)
        change(write, self._table, pk, "META")

    def _done(self, write: Write) -> bool:
        try:
            change(write, self._table, ACCOUNT_KEY, "META")
        except RowChanged:
            return False
        return True
