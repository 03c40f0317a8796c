"""Quotas as operators read and write them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from greenroom.domain.names import camel
from greenroom.domain.quota.quota import KillSwitch, Quota
from greenroom.domain.shape import shown
from greenroom.entry.http import Body
from greenroom.usecases.quota.configure_quota import QuotaReport

MOST = 1_000_000_000
NAMES = {each.name: camel(each.name) for each in fields(Quota)}
"""Field of Quota -> its name in bodies."""


def quota_of(body: Body) -> Quota:
    """All of it: null, or not given, is no limit. Raises: InvalidField."""
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


def kill_switch_view(thrown: KillSwitch | None) -> dict[str, Any] | None:
    return shown(thrown) if thrown else None
