"""POST /events, PATCH and DELETE /events/{eventId}: a pool warmed up ahead of an event."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import InvalidField, NotFound
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.event.event_body import change_of, plan_of
from greenroom.entry.event.event_views import event_view
from greenroom.entry.http import answer, body_of, operator_of, path_identifier, respond
from greenroom.entry.routes import work_of
from greenroom.usecases.event.schedule_event import cancel_event, edit_event, schedule_event


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _schedule(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, plan = operator_of(event), plan_of(body_of(event))
    try:
        made = schedule_event(plan, operator.viewer_id, ports)
    except NotFound as error:
        raise InvalidField("poolId", "names no pool: create the pool first") from error
    return answer(200 if made.repeated else 201, event_view(made.event))


def _edit(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, change = operator_of(event), change_of(body_of(event))
    return answer(200, event_view(edit_event(path_identifier(event, "eventId"), change, operator.viewer_id, ports)))


def _cancel(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator = operator_of(event)
    return answer(200, event_view(cancel_event(path_identifier(event, "eventId"), operator.viewer_id, ports)))


ROUTES = {"POST /events": _schedule, "PATCH /events/{eventId}": _edit, "DELETE /events/{eventId}": _cancel}
handler = lambda_handler(handle)
