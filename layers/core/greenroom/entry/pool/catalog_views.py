"""Applications and pools as operators read and write them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from greenroom.domain.pool.pool import Application, Pool, PoolPolicy
from greenroom.domain.session.session import SessionLimits
from greenroom.entry.http import Body

DAY_S = 24 * 3600
"""No limit is longer. Source: GameLift Streams, longest session."""


def body_name(field: str) -> str:
    """`connection_timeout_s` -> `connectionTimeout_s`: the unit keeps its underscore."""
    head, *rest = field.removesuffix("_s").split("_")
    return head + "".join(word.capitalize() for word in rest) + ("_s" if field.endswith("_s") else "")


MAY_BE_ZERO = frozenset({"idle_warn_s"})
"""Limits that can be turned off."""
LIMIT_FIELDS = {body_name(each.name): each.name for each in fields(SessionLimits)}
POLICY_NAMES = {each.name: body_name(each.name) for each in fields(PoolPolicy)}


def limits_of(body: Body, standard: SessionLimits) -> SessionLimits:
    """What is not given is `standard`. Raises: InvalidField."""
    body.only(*LIMIT_FIELDS)
    return SessionLimits(
        **{
            field: body.whole(name, least=int(field not in MAY_BE_ZERO), most=DAY_S, default=getattr(standard, field))
            for name, field in LIMIT_FIELDS.items()
        }
    )


def application_view(application: Application) -> dict[str, Any]:
    return {
        "applicationId": application.application_id,
        "name": application.name,
        "kind": application.kind.value,
        "command": list(application.command),
        "slotsPerInstance": application.slots_per_instance,
        "poolId": application.pool_id,
        "limits": {name: getattr(application.limits, field) for name, field in LIMIT_FIELDS.items()},
        "sessionsPerViewer": application.sessions_per_viewer,
        "sessionsPerViewerDay": application.sessions_per_viewer_day,
        "gpuMinutesPerViewerDay": application.gpu_minutes_per_viewer_day,
        "admission": application.admission.value,
        "relay": application.relay.value,
        "startTimeout_s": application.start_timeout_s,
    }


def pool_view(pool: Pool) -> dict[str, Any]:
    return {
        "poolId": pool.pool_id,
        "applicationId": pool.application_id,
        "policy": {name: getattr(pool.policy, field) for field, name in POLICY_NAMES.items()},
        "instanceTypes": list(pool.instance_types),
        "markets": list(pool.markets),
        "tiers": dict(pool.tiers),
        "lineLimit": pool.line_limit,
    }
