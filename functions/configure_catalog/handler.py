"""PUT and GET /applications/{applicationId}; PUT and PATCH /pools/{poolId}: all of a pool, or some of it."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, operator_of, path_identifier, respond, viewer_of
from greenroom.entry.pool.application_body import application_of
from greenroom.entry.pool.catalog_views import application_view, pool_view
from greenroom.entry.pool.pool_body import change_of, pool_of
from greenroom.entry.routes import work_of
from greenroom.usecases.pool.configure_catalog import change_pool, configure_application, configure_pool


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _put_application(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator = operator_of(event)
    application = application_of(path_identifier(event, "applicationId"), body_of(event))
    return answer(200, application_view(configure_application(application, operator.viewer_id, ports)))


def _get_application(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    viewer = viewer_of(event)
    view = application_view(ports.catalog.application(path_identifier(event, "applicationId")))
    if "operators" not in viewer.groups:
        view = {name: view[name] for name in ("applicationId", "name", "kind")}
    return answer(200, view)


def _put_pool(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator = operator_of(event)
    pool = pool_of(path_identifier(event, "poolId"), body_of(event))
    return answer(200, pool_view(configure_pool(pool, operator.viewer_id, ports)))


def _change_pool(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, pool_id = operator_of(event), path_identifier(event, "poolId")
    return answer(200, pool_view(change_pool(pool_id, change_of(body_of(event)), operator.viewer_id, ports)))


ROUTES = {
    "PUT /applications/{applicationId}": _put_application,
    "GET /applications/{applicationId}": _get_application,
    "PUT /pools/{poolId}": _put_pool,
    "PATCH /pools/{poolId}": _change_pool,
}
handler = lambda_handler(handle)
