"""Parses a scheduled event as operators write it. Only the function that contains the time zone files imports this."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

from greenroom.domain.event.scheduled_event import DEFAULT_LEAD_S, DEFAULT_PRE_QUEUE_S, ScheduledEvent
from greenroom.entry.event.local_time import moment_of, zone_of
from greenroom.entry.http import Body
from greenroom.usecases.event.schedule_event import Change, EventPlan

DAY_S = 24 * 3600
"""The longest lead and the longest pre-queue, in seconds."""
MOST_SESSIONS = 1_000_000
MOST_USD = 10_000_000.0
CLIENT_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WISHES = ("name", "start", "end", "timeZone", "expectedSessions", "lead_s", "preQueue_s", "maximumCost_usd", "shuffle")


def plan_of(body: Body) -> EventPlan:
    """POST /events. Raises: InvalidField."""
    body.only("poolId", "clientToken", *_WISHES)
    pool_id, zone = body.identifier("poolId"), _zone(body)
    return EventPlan(
        pool_id=pool_id,
        name=body.text("name", longest=128) if "name" in body else pool_id,
        start=_time(body, "start", zone),
        end=_time(body, "end", zone),
        time_zone=zone.key if zone else "UTC",
        expected_sessions=_sessions(body),
        lead_s=body.whole("lead_s", least=0, most=DAY_S, default=DEFAULT_LEAD_S),
        pre_queue_s=body.whole("preQueue_s", least=0, most=DAY_S, default=DEFAULT_PRE_QUEUE_S),
        maximum_cost_usd=_cost(body) if "maximumCost_usd" in body else None,
        shuffle=body.flag("shuffle", default=False),
        client_token=body.identifier("clientToken", pattern=CLIENT_TOKEN) if "clientToken" in body else None,
    )


def change_of(body: Body) -> Change:
    """PATCH: fields that are not named stay. A new timeZone alone moves nothing, because start and end are moments.

    Raises: InvalidField, at once or when the change is made.
    """
    body.only(*_WISHES)

    def change(before: ScheduledEvent) -> ScheduledEvent:
        zone = _zone(body) or zone_of(before.time_zone)
        return replace(
            before,
            name=body.text("name", longest=128) if "name" in body else before.name,
            start=_time(body, "start", zone) if "start" in body else before.start,
            end=_time(body, "end", zone) if "end" in body else before.end,
            time_zone=zone.key,
            expected_sessions=_sessions(body) if "expectedSessions" in body else before.expected_sessions,
            lead_s=body.whole("lead_s", least=0, most=DAY_S, default=before.lead_s),
            pre_queue_s=body.whole("preQueue_s", least=0, most=DAY_S, default=before.pre_queue_s),
            maximum_cost_usd=_cost(body) if "maximumCost_usd" in body else before.maximum_cost_usd,
            shuffle=body.flag("shuffle", default=before.shuffle),
        )

    return change


def _zone(body: Body) -> ZoneInfo | None:
    return zone_of(body.text("timeZone", longest=64)) if "timeZone" in body else None


def _time(body: Body, name: str, zone: ZoneInfo | None) -> float:
    return moment_of(body.text(name, longest=40), zone, name)


def _sessions(body: Body) -> int:
    return body.whole("expectedSessions", least=1, most=MOST_SESSIONS)


def _cost(body: Body) -> float:
    return body.number("maximumCost_usd", least=0, most=MOST_USD)
