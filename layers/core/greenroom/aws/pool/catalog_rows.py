"""Applications and pools as items, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.domain.pool.pool import (
    LINE_LIMIT,
    START_TIMEOUT_S,
    Admission,
    Application,
    ApplicationKind,
    Placement,
    Pool,
    PoolPolicy,
)
from greenroom.domain.session.session import STANDARD_TIER, SessionLimits
from greenroom.domain.slot.slot import SHARDS
from greenroom.domain.socket.relay import RelayPolicy

LIMIT_NAMES: Mapping[str, str] = {
    "connection_timeout_s": "connectionTimeout_s",
    "reconnect_window_s": "reconnectWindow_s",
    "maximum_session_s": "maximumSession_s",
    "placement_timeout_s": "placementTimeout_s",
    "reset_timeout_s": "resetTimeout_s",
    "idle_warn_s": "idleWarn_s",
    "idle_end_s": "idleEnd_s",
}
"""Field of SessionLimits -> its name in rows and bodies."""


def application_row(application: Application) -> dict[str, Any]:
    return {
        "pk": f"APPLICATION#{application.application_id}",
        "sk": "META",
        "applicationId": application.application_id,
        "name": application.name,
        "kind": application.kind.value,
        "command": list(application.command),
        "slotsPerInstance": application.slots_per_instance,
        "poolId": application.pool_id,
        "limits": {name: getattr(application.limits, field) for field, name in LIMIT_NAMES.items()},
        "sessionsPerViewer": application.sessions_per_viewer,
        "sessionsPerViewerDay": application.sessions_per_viewer_day,
        "gpuMinutesPerViewerDay": application.gpu_minutes_per_viewer_day,
        "admission": application.admission.value,
        "relay": application.relay.value,
        "startTimeout_s": application.start_timeout_s,
    }


def application_of(row: Mapping[str, Any]) -> Application:
    return Application(
        application_id=row["applicationId"],
        name=row["name"],
        kind=ApplicationKind(row["kind"]),
        command=tuple(row["command"]),
        slots_per_instance=row["slotsPerInstance"],
        pool_id=row["poolId"],
        limits=SessionLimits(**{field: row["limits"][name] for field, name in LIMIT_NAMES.items()}),
        sessions_per_viewer=row["sessionsPerViewer"],
        sessions_per_viewer_day=row.get("sessionsPerViewerDay"),
        gpu_minutes_per_viewer_day=row.get("gpuMinutesPerViewerDay"),
        admission=Admission(row.get("admission", Admission.OPEN)),
        relay=RelayPolicy(row.get("relay", RelayPolicy.ALL)),
        start_timeout_s=row.get("startTimeout_s", START_TIMEOUT_S),
    )


def pool_row(pool: Pool) -> dict[str, Any]:
    return {
        "pk": f"POOL#{pool.pool_id}",
        "sk": "META",
        "poolId": pool.pool_id,
        "applicationId": pool.application_id,
        "alwaysOn": pool.policy.always_on,
        "targetIdle": pool.policy.target_idle,
        "maximum": pool.policy.maximum,
        "warmInstances": pool.policy.warm_instances,
        "scaleInAfter_s": pool.policy.scale_in_after_s,
        "scaleInStep": pool.policy.scale_in_step,
        "spotShare": pool.policy.spot_share,
        "placement": pool.policy.placement.value,
        "instanceTypes": list(pool.instance_types),
        "markets": list(pool.markets),
        "tiers": dict(pool.tiers),
        "lineLimit": pool.line_limit,
        "shards": pool.shards,
        "version": pool.version,
    }


def pool_of(row: Mapping[str, Any]) -> Pool:
    return Pool(
        pool_id=row["poolId"],
        application_id=row["applicationId"],
        policy=PoolPolicy(
            always_on=row["alwaysOn"],
            target_idle=row["targetIdle"],
            maximum=row["maximum"],
            warm_instances=row["warmInstances"],
            scale_in_after_s=row["scaleInAfter_s"],
            scale_in_step=row["scaleInStep"],
            spot_share=row["spotShare"],
            placement=Placement(row["placement"]),
        ),
        instance_types=tuple(row["instanceTypes"]),
        markets=tuple(row["markets"]),
        version=row["version"],
        tiers=row.get("tiers", {STANDARD_TIER: 0}),
        line_limit=row.get("lineLimit", LINE_LIMIT),
        shards=row.get("shards", SHARDS),
    )
