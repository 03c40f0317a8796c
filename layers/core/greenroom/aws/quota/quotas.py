"""What tenants and the account may use, in the Catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from greenroom.aws.quota.quota_rows import ACCOUNT_KEY, TENANTS, tenant_key
from greenroom.aws.table.codec import decoded, encoded
from greenroom.aws.table.rows import RowChanged, change, query, read, store
from greenroom.aws.table.write import Write
from greenroom.domain.quota.quota import AccountQuota, KillSwitch, Quota


class DynamoQuotas:
    """ports.QuotaSettings."""

    def __init__(self, table: str) -> None:
        self._table = table

    def of_tenant(self, tenant_id: str) -> Quota:
        return decoded(Quota, read(self._table, tenant_key(tenant_id), "META"))

    def tenant_ids(self) -> Sequence[str]:
        return [row["sk"] for row in query(self._table, TENANTS)]

    def of_account(self) -> AccountQuota:
        return decoded(AccountQuota, read(self._table, ACCOUNT_KEY, "META"))

    def save_tenant(self, tenant_id: str, quota: Quota) -> None:
        # Listed first: a listed tenant without a row has no limits, an unlisted one would never be recounted.
        store(self._table, {"pk": TENANTS, "sk": tenant_id})
        self._save(tenant_key(tenant_id), encoded(quota))

    def save_account(self, quota: Quota) -> None:
        self._save(ACCOUNT_KEY, {"quota": encoded(quota)})

    def throw(self, kill_switch: KillSwitch) -> bool:
        write = Write(self._table, ACCOUNT_KEY, "META")
        write.when(f"attribute_not_exists({write.name('killSwitch')})")
        return self._done(write.set("killSwitch", encoded(kill_switch)))

    def clear(self) -> bool:
        write = Write(self._table, ACCOUNT_KEY, "META")
        write.when(f"attribute_exists({write.name('killSwitch')})")
        return self._done(write.remove("killSwitch"))

    def _save(self, pk: str, attributes: Mapping[str, Any]) -> None:
        write = Write(self._table, pk, "META")
        for name, value in attributes.items():
            write.remove(name) if value is None else write.set(name, value)
        change(write, self._table, pk, "META")

    def _done(self, write: Write) -> bool:
        try:
            change(write, self._table, ACCOUNT_KEY, "META")
        except RowChanged:
            return False
        return True
