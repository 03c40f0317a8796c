"""Applications, pools and scheduled events as items, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.domain.pool import Application, ApplicationKind, Pool, PoolPolicy
from greenroom.domain.scheduled_event import ScheduledEvent
from greenroom.domain.session import SessionLimits

LIMIT_NAMES: Mapping[str, str] = {
    "connection_timeout_s": "connectionTimeout_s",
    "reconnect_window_s": "reconnectWindow_s",
    "maximum_session_s": "maximumSession_s",
    "placement_timeout_s": "placementTimeout_s",
    "reset_timeout_s": "resetTimeout_s",
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
        "instanceTypes": list(pool.instance_types),
        "markets": list(pool.markets),
    }


def pool_of(row: Mapping[str, Any]) -> Pool:
    return Pool(
        pool_id=row["poolId"],
        application_id=row["applicationId"],
        policy=PoolPolicy(row["alwaysOn"], row["targetIdle"], row["maximum"]),
        instance_types=tuple(row["instanceTypes"]),
        markets=tuple(row["markets"]),
    )


def event_row(event: ScheduledEvent) -> dict[str, Any]:
    return {
        "pk": f"EVENT#{event.event_id}",
        "sk": "META",
        "eventId": event.event_id,
        "poolId": event.pool_id,
        "startAt": event.start,
        "endAt": event.end,
        "expectedSessions": event.expected_sessions,
        "lead_s": event.lead_s,
        "warmAt": event.warm_at,
    }


def event_of(row: Mapping[str, Any]) -> ScheduledEvent:
    return ScheduledEvent(
        event_id=row["eventId"],
        pool_id=row["poolId"],
        start=row["startAt"],
        end=row["endAt"],
        expected_sessions=row["expectedSessions"],
        lead_s=row["lead_s"],
        warm_at=row["warmAt"],
    )
