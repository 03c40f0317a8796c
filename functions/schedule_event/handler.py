"""POST /events: a pool warmed up ahead of an event."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import InvalidField, NotFound
from greenroom.domain.scheduled_event import DEFAULT_LEAD_S
from greenroom.entry.catalog_views import DAY_S, event_view, time_of
from greenroom.entry.compose import lambda_handler
from greenroom.entry.http import Body, answer, body_of, operator_of, respond
from greenroom.entry.settings import ScheduleEventSettings
from greenroom.ports import Ports
from greenroom.usecases.warm_event import EventPlan, schedule_event

MOST_SESSIONS = 1_000_000


def handle(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: _schedule(event, ports))


def _schedule(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    operator = operator_of(event)
    plan = _parse(body_of(event).only("poolId", "start", "end", "expectedSessions", "lead_s"))
    try:
        scheduled = schedule_event(plan, operator.viewer_id, ports)
    except NotFound as error:
        raise InvalidField("poolId", "no pool has this id") from error
    return answer(201, event_view(scheduled))


def _parse(body: Body) -> EventPlan:
    return EventPlan(
        pool_id=body.identifier("poolId"),
        start=time_of(body, "start"),
        end=time_of(body, "end"),
        expected_sessions=body.whole("expectedSessions", least=1, most=MOST_SESSIONS),
        lead_s=body.whole("lead_s", least=0, most=DAY_S, default=DEFAULT_LEAD_S),
    )


handler = lambda_handler(ScheduleEventSettings, handle)
