"""PUT and GET /applications/{applicationId}."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, operator_of, path_identifier, respond, viewer_of
from greenroom.entry.pool.application_body import application_of
from greenroom.entry.pool.catalog_views import application_view
from greenroom.usecases.pool.configure import configure_application


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    is_put = str(event.get("routeKey", "")).startswith("PUT ")
    return respond(lambda: _put(event, ports) if is_put else _get(event, ports))


def _put(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator = operator_of(event)
    application = application_of(path_identifier(event, "applicationId"), body_of(event))
    return answer(200, application_view(configure_application(application, operator.viewer_id, ports)))


def _get(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    viewer = viewer_of(event)
    view = application_view(ports.catalog.application(path_identifier(event, "applicationId")))
    if "operators" not in viewer.groups:
        view = {name: view[name] for name in ("applicationId", "name", "kind")}
    return answer(200, view)


handler = lambda_handler(handle)
