"""Quotas and the kill switch as operators read and write them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from greenroom.domain.errors import InvalidField
from greenroom.domain.names import camel
from greenroom.domain.quota.quota import KillSwitch, Quota
from greenroom.domain.shape import shown
from greenroom.entry.http import Body
from greenroom.usecases.quota.configure_quota import QuotaReport

MOST = 1_000_000_000
LONGEST_REASON = 200
NAMES = {each.name: camel(each.name) for each in fields(Quota)}
"""Field of Quota -> its name in bodies."""


def quota_of(body: Body) -> Quota:
    """The whole quota. null or an absent field is no limit. Raises: InvalidField."""
    body.only(*NAMES.values())
    return Quota(
        **{field: body.whole(name, least=0, most=MOST) if name in body else None for field, name in NAMES.items()}
    )


def quota_view(report: QuotaReport) -> dict[str, Any]:
    used = {
        "concurrentSessions": report.used.live,
        "sessionsToday": report.used.sessions,
        "gpuMinutesToday": round(report.used.gpu_seconds / 60, 1),
    }
    return {**shown(report.quota), "used": used}


def tenant_view(tenant_id: str, report: QuotaReport) -> dict[str, Any]:
    return {"tenantId": tenant_id, **quota_view(report)}


def account_view(report: QuotaReport) -> dict[str, Any]:
    return {**quota_view(report), **kill_switch_view(report.kill_switch)}


def kill_switch_view(thrown: KillSwitch | None) -> dict[str, Any]:
    return {"killSwitch": shown(thrown) if thrown else None}


def reason_of(body: Body) -> str:
    """Why the kill switch is thrown. Raises: InvalidField."""
    reason = body.only("reason").text("reason", longest=LONGEST_REASON).strip()
    if not reason:
        raise InvalidField("reason", "must say why: every viewer who presses Play reads it")
    return reason
