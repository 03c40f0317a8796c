"""Checks whether quotas (limits) and the kill switch allow a new session.

Returns the quotas that the claim of a slot for the session must respect. The kill switch is an operator's switch that
stops all new sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import KillSwitchThrown
from greenroom.domain.quota.quota import GpuBudget, Quota, Quotas, Scope, day_of, names_of

if TYPE_CHECKING:
    from greenroom.domain.errors import QuotaExceeded
    from greenroom.domain.pool.pool import Application
    from greenroom.domain.session.session import Session
    from greenroom.ports.pool import HasCatalog
    from greenroom.ports.quota import HasQuotaCounters, HasQuotas
    from greenroom.ports.session import HasClaims
    from greenroom.ports.world import Clock

    class Ports(Clock, HasCatalog, HasClaims, HasQuotaCounters, HasQuotas, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def check_limits(draft: Session, application: Application, ports: Ports) -> Quotas:
    """Checks the kill switch and the used GPU time, and returns the quotas (limits) that apply to the new session.

    The numbers of sessions are checked later, by the transaction that claims a slot. GPU time is checked here, because
    it is counted only when sessions end.
    A viewer who already has as many sessions as allowed gets ViewerLimitReached, which names one of these sessions,
    even if something else would refuse the request, too. So after a reload, the page finds its session, even if new
    sessions were stopped since.
    Raises: DuplicateLaunch, ViewerLimitReached, KillSwitchThrown, QuotaExceeded.
    """
    account = ports.quotas.of_account()
    quotas = Quotas(_of_viewer(application), ports.quotas.of_tenant(draft.tenant_id), account.quota)
    refusal: KillSwitchThrown | QuotaExceeded | None = None
    if account.kill_switch is not None:
        refusal = KillSwitchThrown(account.kill_switch.reason)
    else:
        now = ports.now()
        used_up = [each for each in gpu_budgets(draft, quotas, now, ports) if each.is_used_up]
        refusal = used_up[0].exceeded(now) if used_up else None
    if refusal is None:
        return quotas
    ports.claims.check_viewer(draft, application.sessions_per_viewer)
    raise refusal


def gpu_budgets_of(session: Session, ports: Ports) -> Sequence[GpuBudget]:
    """Returns today's GPU budgets (limit and use of GPU time) that apply to the session.

    The limits are those that operators have set by now, not those at the time of the session's request.
    """
    application = ports.catalog.application(session.application_id)
    account, tenant = ports.quotas.of_account(), ports.quotas.of_tenant(session.tenant_id)
    return gpu_budgets(session, Quotas(_of_viewer(application), tenant, account.quota), ports.now(), ports)


def gpu_budgets(session: Session, quotas: Quotas, now: float, ports: Ports) -> Sequence[GpuBudget]:
    """Returns the GPU budgets (limit and use of GPU time on this day) of the viewer, the tenant and the AWS account.

    A budget without a limit is left out, and its use is not read.
    """
    minutes = {
        Scope.VIEWER_DAY: quotas.viewer.gpu_minutes_per_day,
        Scope.TENANT: quotas.tenant.gpu_minutes_per_day,
        Scope.ACCOUNT: quotas.account.gpu_minutes_per_day,
    }
    names, day = names_of(session), day_of(now)
    return [
        GpuBudget(scope, limit, ports.quota_counters.gpu_seconds(scope, names[scope], day))
        for scope, limit in minutes.items()
        if limit is not None
    ]


def _of_viewer(application: Application) -> Quota:
    """Returns a viewer's quota (limits) per day, as the application defines it.

    The limit of sessions at a time is no part of this quota, because those sessions are counted by their ids.
    """
    return Quota(
        sessions_per_day=application.sessions_per_viewer_day,
        gpu_minutes_per_day=application.gpu_minutes_per_viewer_day,
    )
