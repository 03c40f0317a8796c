"""POST and DELETE /account/kill-switch."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import InvalidField
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, operator_of, respond
from greenroom.entry.quota.quota_views import kill_switch_view
from greenroom.usecases.quota.configure_quota import clear_kill_switch, throw_kill_switch

LONGEST_REASON = 200


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: _operate(event, ports))


def _operate(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator = operator_of(event)
    if str(event.get("routeKey", "")).startswith("POST "):
        thrown = throw_kill_switch(_reason(event), operator.viewer_id, ports)
        return answer(200, {"killSwitch": kill_switch_view(thrown)})
    body_of(event).only()
    clear_kill_switch(operator.viewer_id, ports)
    return answer(200, {"killSwitch": None})


def _reason(event: dict[str, Any]) -> str:
    reason = body_of(event).only("reason").text("reason", longest=LONGEST_REASON).strip()
    if not reason:
        raise InvalidField("reason", "must say why: every viewer who presses Play reads it")
    return reason


handler = lambda_handler(handle)
