"""GET and PUT /tenants/{tenantId}/quota and /account/quota."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, operator_of, path_identifier, respond
from greenroom.entry.quota.quota_views import kill_switch_view, quota_of, quota_view
from greenroom.usecases.quota.configure_quota import limit_account, limit_tenant, report_account, report_tenant


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    is_account = str(event.get("routeKey", "")).endswith("/account/quota")
    return respond(lambda: _account(event, ports) if is_account else _tenant(event, ports))


def _account(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator = operator_of(event)
    if _is_put(event):
        limit_account(quota_of(body_of(event)), operator.viewer_id, ports)
    report = report_account(ports)
    return answer(200, {**quota_view(report), "killSwitch": kill_switch_view(report.kill_switch)})


def _tenant(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, tenant_id = operator_of(event), path_identifier(event, "tenantId")
    if _is_put(event):
        limit_tenant(tenant_id, quota_of(body_of(event)), operator.viewer_id, ports)
    return answer(200, {"tenantId": tenant_id, **quota_view(report_tenant(tenant_id, ports))})


def _is_put(event: dict[str, Any]) -> bool:
    return str(event.get("routeKey", "")).startswith("PUT ")


handler = lambda_handler(handle)
