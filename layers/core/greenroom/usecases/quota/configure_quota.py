"""Sets and reports the limits of a tenant and of the whole AWS account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.journal import quota as journal
from greenroom.domain.quota.quota import ACCOUNT_NAME, day_of, tenant_name

if TYPE_CHECKING:
    from greenroom.domain.quota.quota import KillSwitch, Quota
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.quota import HasQuotaCounters, HasQuotas, Used
    from greenroom.ports.world import Clock

    class Ports(Clock, HasJournal, HasQuotaCounters, HasQuotas, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class QuotaReport:
    """The limits of a tenant or of the whole AWS account, and how much of them is used.

    `kill_switch`: set only in the account's report, while the kill switch is thrown.
    """

    quota: Quota
    used: Used
    kill_switch: KillSwitch | None = None


def report_tenant(tenant_id: str, ports: Ports) -> QuotaReport:
    """Reports the tenant's limits and use.

    A tenant for which nobody has set limits, or whom nobody knows, has no limits.
    """
    used = ports.quota_counters.used(tenant_name(tenant_id), day_of(ports.now()))
    return QuotaReport(ports.quotas.of_tenant(tenant_id), used)


def report_account(ports: Ports) -> QuotaReport:
    """Reports the limits and the use of the whole AWS account, and the kill switch."""
    account = ports.quotas.of_account()
    used = ports.quota_counters.used(ACCOUNT_NAME, day_of(ports.now()))
    return QuotaReport(account.quota, used, account.kill_switch)


def limit_tenant(tenant_id: str, quota: Quota, operator: str, ports: Ports) -> QuotaReport:
    """Sets a tenant's limits. They apply to later session requests; sessions that already run continue."""
    ports.quotas.save_tenant(tenant_id, quota)
    ports.journal.append(journal.QuotaConfigured(tenant_id, operator, quota), ports.now())
    return report_tenant(tenant_id, ports)


def limit_account(quota: Quota, operator: str, ports: Ports) -> QuotaReport:
    """Sets the limits of the whole AWS account.

    They apply to later session requests; sessions that already run continue.
    """
    ports.quotas.save_account(quota)
    ports.journal.append(journal.QuotaConfigured(None, operator, quota), ports.now())
    return report_account(ports)
