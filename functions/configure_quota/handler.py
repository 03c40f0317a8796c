"""The quotas of a tenant and of the account, read and set; the kill switch, thrown and cleared."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, operator_of, path_identifier, respond
from greenroom.entry.quota.quota_views import account_view, kill_switch_view, quota_of, reason_of, tenant_view
from greenroom.entry.routes import work_of
from greenroom.usecases.quota.configure_quota import limit_account, limit_tenant, report_account, report_tenant
from greenroom.usecases.quota.throw_kill_switch import clear_kill_switch, throw_kill_switch


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _get_tenant(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    _, tenant_id = operator_of(event), path_identifier(event, "tenantId")
    return answer(200, tenant_view(tenant_id, report_tenant(tenant_id, ports)))


def _put_tenant(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, tenant_id, quota = operator_of(event), path_identifier(event, "tenantId"), quota_of(body_of(event))
    return answer(200, tenant_view(tenant_id, limit_tenant(tenant_id, quota, operator.viewer_id, ports)))


def _get_account(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator_of(event)
    return answer(200, account_view(report_account(ports)))


def _put_account(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, quota = operator_of(event), quota_of(body_of(event))
    return answer(200, account_view(limit_account(quota, operator.viewer_id, ports)))


def _throw(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, reason = operator_of(event), reason_of(body_of(event))
    return answer(200, kill_switch_view(throw_kill_switch(reason, operator.viewer_id, ports)))


def _clear(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, _ = operator_of(event), body_of(event).only()
    clear_kill_switch(operator.viewer_id, ports)
    return answer(200, kill_switch_view(None))


ROUTES = {
    "GET /tenants/{tenantId}/quota": _get_tenant,
    "PUT /tenants/{tenantId}/quota": _put_tenant,
    "GET /account/quota": _get_account,
    "PUT /account/quota": _put_account,
    "POST /account/kill-switch": _throw,
    "DELETE /account/kill-switch": _clear,
}
handler = lambda_handler(handle)
