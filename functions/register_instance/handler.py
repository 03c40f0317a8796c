"""POST /agent/register: an instance that this stack launched reports for work."""

from __future__ import annotations

import re
from typing import Any

from greenroom.domain.instance.instance import Boot
from greenroom.entry.compose import AwsPorts, configured_handler
from greenroom.entry.http import Body, answer, body_of, instance_of_caller, respond
from greenroom.entry.routes import work_of
from greenroom.entry.settings import Settings
from greenroom.usecases.instance.register_instance import RegisteredInstance, register_instance

NONCE = re.compile(r"[0-9a-f]{32}")


def handle(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports, settings))


def _register(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    instance_id, body = instance_of_caller(event, settings.instance_role_arn), body_of(event)
    boot = Boot(body.identifier("bootNonce", pattern=NONCE), _address(body, "privateIp"), _address(body, "publicIp"))
    return answer(200, _view(register_instance(instance_id, boot, ports), settings))


def _address(body: Body, name: str) -> str | None:
    return body.text(name, longest=64) if name in body else None


def _view(registration: RegisteredInstance, settings: Settings) -> dict[str, Any]:
    application = registration.application
    slots = [{"slotId": each.slot_id, "number": each.number, "epoch": each.epoch} for each in registration.slots]
    return {
        "instanceId": registration.instance.instance_id,
        "poolId": registration.instance.pool_id,
        "heartbeat_s": settings.heartbeat_s,
        "lease_s": settings.lease_s,
        "application": {
            "applicationId": application.application_id,
            "kind": application.kind.value,
            "command": list(application.command),
            "slotsPerInstance": registration.instance.slot_count,
            "startTimeout_s": application.start_timeout_s,
        },
        "slots": slots,
        "iceServers": list(settings.ice_servers),
    }


ROUTES = {"POST /agent/register": _register}
handler = configured_handler(handle)
