"""PUT and GET /applications/{applicationId}."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import InvalidField
from greenroom.domain.pool import Application, ApplicationKind
from greenroom.domain.session import SessionLimits
from greenroom.entry.catalog_views import application_view, limits_of
from greenroom.entry.compose import lambda_handler
from greenroom.entry.http import Body, answer, body_of, operator_of, path_identifier, respond, viewer_of
from greenroom.entry.settings import ConfigureApplicationSettings
from greenroom.ports import Ports
from greenroom.usecases.configure import configure_application

FIELDS = ("name", "kind", "command", "slotsPerInstance", "poolId", "limits", "sessionsPerViewer")
MOST_SLOTS = 32
"""Slots of one instance: what one transaction can drain, and more than a GPU can stream."""


def handle(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    is_put = str(event.get("routeKey", "")).startswith("PUT ")
    return respond(lambda: _put(event, ports) if is_put else _get(event, ports))


def _put(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    operator = operator_of(event)
    application = _parse(path_identifier(event, "applicationId"), body_of(event).only("applicationId", *FIELDS))
    return answer(200, application_view(configure_application(application, operator.viewer_id, ports)))


def _get(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    viewer = viewer_of(event)
    view = application_view(ports.catalog.application(path_identifier(event, "applicationId")))
    if "operators" not in viewer.groups:
        view = {name: view[name] for name in ("applicationId", "name", "kind")}
    return answer(200, view)


def _parse(application_id: str, body: Body) -> Application:
    kind = ApplicationKind(body.one_of("kind", tuple(ApplicationKind)))
    command = body.texts("command") if "command" in body else ()
    if kind is ApplicationKind.UNREAL and not command:
        raise InvalidField("command", "must name the program to start")
    return Application(
        application_id=application_id,
        name=body.text("name", longest=128),
        kind=kind,
        command=command,
        slots_per_instance=body.whole("slotsPerInstance", least=1, most=MOST_SLOTS),
        pool_id=body.identifier("poolId"),
        limits=limits_of(body.part("limits"), SessionLimits()),
        sessions_per_viewer=body.whole("sessionsPerViewer", least=1, most=100, default=1),
    )


handler = lambda_handler(ConfigureApplicationSettings, handle)
