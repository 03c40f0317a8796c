"""Sets and reports the quotas (limits) of a tenant and of the whole AWS account."""

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
    """The quota (limits) of a tenant or of the whole AWS account, and how much of the quota is used.

    `kill_switch`: the switch with which an operator stops all new sessions; set only in the account's report, and only
    while the switch is thrown.
    """

    quota: Quota
    used: Used
    kill_switch: KillSwitch | None = None


def report_tenant(tenant_id: str, ports: Ports) -> QuotaReport:
    """Reports a tenant's limits, and how much of them is used.

    A tenant whose limits nobody has set is reported without limits, even if no such tenant exists.
    """
    used = ports.quota_counters.used(tenant_name(tenant_id), day_of(ports.now()))
    return QuotaReport(ports.quotas.of_tenant(tenant_id), used)


def report_account(ports: Ports) -> QuotaReport:
    """Reports the limits of the whole AWS account, how much of them is used, and the kill switch.

    The kill switch is the switch with which an operator stops all new sessions.
    """
    account = ports.quotas.of_account()
    used = ports.quota_counters.used(ACCOUNT_NAME, day_of(ports.now()))
    return QuotaReport(account.quota, used, account.kill_switch)


def limit_tenant(tenant_id: str, quota: Quota, operator: str, ports: Ports) -> QuotaReport:
    """Sets a tenant's limits, and reports the limits and how much of them is used.

    The limits apply to later session requests; sessions that already run continue.
    """
    ports.quotas.save_tenant(tenant_id, quota)
    ports.journal.append(journal.QuotaConfigured(tenant_id, operator, quota), ports.now())
    return report_tenant(tenant_id, ports)


def limit_account(quota: Quota, operator: str, ports: Ports) -> QuotaReport:
    """Sets the limits of the whole AWS account, and reports the limits and how much of them is used.

    The limits apply to later session requests; sessions that already run continue.
    """
    ports.quotas.save_account(quota)
    ports.journal.append(journal.QuotaConfigured(None, operator, quota), ports.now())
    return report_account(ports)
