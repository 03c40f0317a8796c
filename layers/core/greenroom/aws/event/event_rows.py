"""Scheduled events as items, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.domain.event.preflight import Check, CheckStatus, Preflight
from greenroom.domain.event.scheduled_event import EventStep, ScheduledEvent

EVENTS = "EVENTS"
"""One partition lists the ids of the events that are not over, so that nobody has to scan the table."""
KEPT_S = 90 * 24 * 3600
"""How long the row of an event that is over can be read; the Journal keeps what it did for good."""


def event_key(event_id: str) -> str:
    return f"EVENT#{event_id}"


def event_row(event: ScheduledEvent) -> dict[str, Any]:
    """The whole item."""
    return {
        "pk": event_key(event.event_id),
        "sk": "META",
        "eventId": event.event_id,
        "poolId": event.pool_id,
        "name": event.name,
        "startAt": event.start,
        "endAt": event.end,
        "timeZone": event.time_zone,
        "expectedSessions": event.expected_sessions,
        "lead_s": event.lead_s,
        "preQueue_s": event.pre_queue_s,
        "maximumCost_usd": event.maximum_cost_usd,
        "shuffle": event.shuffle,
        "plannedAt": event.planned_at,
        "version": event.version,
        "done": sorted(step.value for step in event.done),
        "cancelledAt": event.cancelled_at,
        "preflight": _preflight_row(event.preflight) if event.preflight else None,
        "revision": event.revision,
        "changedAt": event.changed_at,
        "expiresAt": int(event.changed_at + KEPT_S) if event.is_final else None,
    }


def event_of(row: Mapping[str, Any]) -> ScheduledEvent:
    return ScheduledEvent(
        event_id=row["eventId"],
        pool_id=row["poolId"],
        name=row["name"],
        start=row["startAt"],
        end=row["endAt"],
        time_zone=row["timeZone"],
        expected_sessions=row["expectedSessions"],
        lead_s=row["lead_s"],
        planned_at=row["plannedAt"],
        pre_queue_s=row["preQueue_s"],
        maximum_cost_usd=row.get("maximumCost_usd"),
        shuffle=row.get("shuffle", False),
        version=row["version"],
        done=frozenset(EventStep(step) for step in row["done"]),
        cancelled_at=row.get("cancelledAt"),
        preflight=_preflight_of(row["preflight"]) if "preflight" in row else None,
        revision=row["revision"],
        changed_at=row["changedAt"],
    )


def _preflight_row(preflight: Preflight) -> dict[str, Any]:
    return {
        "at": preflight.at,
        "latestSafeStart": preflight.latest_safe_start,
        "timeToWarm_s": preflight.time_to_warm_s,
        "checks": [
            {"name": each.name, "status": each.status.value, "detail": each.detail, "remedy": each.remedy}
            for each in preflight.checks
        ],
    }


def _preflight_of(row: Mapping[str, Any]) -> Preflight:
    return Preflight(
        at=row["at"],
        checks=tuple(
            Check(each["name"], CheckStatus(each["status"]), each["detail"], each["remedy"]) for each in row["checks"]
        ),
        latest_safe_start=row["latestSafeStart"],
        time_to_warm_s=row["timeToWarm_s"],
    )
