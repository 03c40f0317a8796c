"""What operators let tenants and the account use, and the switch that stops all new sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.journal import quota as journal
from greenroom.domain.quota.quota import ACCOUNT_NAME, KillSwitch, Quota, day_of, tenant_name
from greenroom.ports.notify import HasJournal
from greenroom.ports.quota import HasQuotaCounters, HasQuotas, Used
from greenroom.ports.world import Clock


class Ports(Clock, HasJournal, HasQuotaCounters, HasQuotas, Protocol):
    """What is reached here, callees included."""


@dataclass(frozen=True, slots=True)
class QuotaReport:
    """Limits beside what was used; `kill_switch` only of the account."""

    quota: Quota
    used: Used
    kill_switch: KillSwitch | None = None


def report_tenant(tenant_id: str, ports: Ports) -> QuotaReport:
    """A tenant that nobody limited, or nobody knows, has no limits."""
    used = ports.quota_counters.used(tenant_name(tenant_id), day_of(ports.now()))
    return QuotaReport(ports.quotas.of_tenant(tenant_id), used)


def report_account(ports: Ports) -> QuotaReport:
    account = ports.quotas.of_account()
    used = ports.quota_counters.used(ACCOUNT_NAME, day_of(ports.now()))
    return QuotaReport(account.quota, used, account.kill_switch)


def limit_tenant(tenant_id: str, quota: Quota, operator: str, ports: Ports) -> None:
    """From the next launch on; what runs goes on."""
    ports.quotas.save_tenant(tenant_id, quota)
    ports.journal.append(journal.QuotaConfigured(tenant_id, operator, quota), ports.now())


def limit_account(quota: Quota, operator: str, ports: Ports) -> None:
    """From the next launch on; what runs goes on."""
    ports.quotas.save_account(quota)
    ports.journal.append(journal.QuotaConfigured(None, operator, quota), ports.now())


def throw_kill_switch(reason: str, operator: str, ports: Ports) -> KillSwitch:
    """No new session for anybody; those that run or wait go on. Thrown already, the first reason stays."""
    thrown = KillSwitch(reason, ports.now(), operator)
    if not ports.quotas.throw(thrown):
        return ports.quotas.of_account().kill_switch or thrown
    ports.journal.append(journal.KillSwitchThrown(operator, reason), ports.now())
    return thrown


def clear_kill_switch(operator: str, ports: Ports) -> None:
    """Idempotent."""
    if ports.quotas.clear():
        ports.journal.append(journal.KillSwitchCleared(operator), ports.now())
