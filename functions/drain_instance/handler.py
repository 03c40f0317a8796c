"""POST and DELETE /instances/{instanceId}/drain."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, operator_of, path_identifier, respond
from greenroom.entry.pool.pool_views import instance_view
from greenroom.entry.routes import work_of
from greenroom.usecases.instance.drain_instance import drain_instance, undrain_instance


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _drain(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, instance_id = operator_of(event), path_identifier(event, "instanceId")
    return answer(202, instance_view(drain_instance(instance_id, operator.viewer_id, ports)))


def _undrain(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, instance_id = operator_of(event), path_identifier(event, "instanceId")
    return answer(200, instance_view(undrain_instance(instance_id, operator.viewer_id, ports)))


ROUTES = {"POST /instances/{instanceId}/drain": _drain, "DELETE /instances/{instanceId}/drain": _undrain}
handler = lambda_handler(handle)
