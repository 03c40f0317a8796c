"""Sets what tenants and the account may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.journal import quota as journal
from greenroom.domain.quota.quota import ACCOUNT_NAME, KillSwitch, Quota, day_of, tenant_name
from greenroom.ports.notify import HasJournal
from greenroom.ports.quota import HasQuotaCounters, HasQuotas, Used
from greenroom.ports.world import Clock


class Ports(Clock, HasJournal, HasQuotaCounters, HasQuotas, Protocol):
    """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


@dataclass(frozen=True, slots=True)
class QuotaReport:
    """Limits, and what was used of them. `kill_switch` is set only for the account."""

    quota: Quota
    used: Used
    kill_switch: KillSwitch | None = None


def report_tenant(tenant_id: str, ports: Ports) -> QuotaReport:
    """The tenant's limits and use. An unknown tenant, or one without a quota, has no limits."""
    used = ports.quota_counters.used(tenant_name(tenant_id), day_of(ports.now()))
    return QuotaReport(ports.quotas.of_tenant(tenant_id), used)


def report_account(ports: Ports) -> QuotaReport:
    account = ports.quotas.of_account()
    used = ports.quota_counters.used(ACCOUNT_NAME, day_of(ports.now()))
    return QuotaReport(account.quota, used, account.kill_switch)


def limit_tenant(tenant_id: str, quota: Quota, operator: str, ports: Ports) -> QuotaReport:
    """Sets a tenant's limits from the next launch on. Running sessions go on."""
    ports.quotas.save_tenant(tenant_id, quota)
    ports.journal.append(journal.QuotaConfigured(tenant_id, operator, quota), ports.now())
    return report_tenant(tenant_id, ports)


def limit_account(quota: Quota, operator: str, ports: Ports) -> QuotaReport:
    """Sets the account's limits from the next launch on. Running sessions go on."""
    ports.quotas.save_account(quota)
    ports.journal.append(journal.QuotaConfigured(None, operator, quota), ports.now())
    return report_account(ports)
