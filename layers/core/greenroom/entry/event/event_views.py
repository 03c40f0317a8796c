"""Scheduled events as operators read them."""

from __future__ import annotations

from typing import Any

from greenroom.domain.event.preflight import Preflight
from greenroom.domain.event.scheduled_event import ScheduledEvent, warms_at
from greenroom.domain.times import iso


def event_view(event: ScheduledEvent) -> dict[str, Any]:
    return {
        "eventId": event.event_id,
        "poolId": event.pool_id,
        "name": event.name,
        "state": event.state.value,
        "version": event.version,
        "start": iso(event.start),
        "end": iso(event.end),
        "timeZone": event.time_zone,
        "expectedSessions": event.expected_sessions,
        "warmAt": iso(warms_at(event, event.preflight.latest_safe_start if event.preflight else event.start)),
        "lead_s": event.lead_s,
        "preQueue_s": event.pre_queue_s,
        "maximumCost_usd": event.maximum_cost_usd,
        "shuffle": event.shuffle,
        "preflight": _preflight_view(event.preflight) if event.preflight else None,
    }


def _preflight_view(preflight: Preflight) -> dict[str, Any]:
    return {
        "at": iso(preflight.at),
        "status": preflight.worst.value,
        "latestSafeStart": iso(preflight.latest_safe_start),
        "timeToWarm_s": preflight.time_to_warm_s,
        "checks": [
            {"name": each.name, "status": each.status.value, "detail": each.detail, "remedy": each.remedy}
            for each in preflight.checks
        ],
    }
