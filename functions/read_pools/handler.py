"""GET /pools, GET /pools/{poolId}, its /instances and the /decisions about it."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, operator_of, path_identifier, query_whole, respond
from greenroom.entry.pool.pool_views import decision_view, instance_view, report_view
from greenroom.entry.routes import work_of
from greenroom.usecases.pool.read_pools import decisions_of_pool, instances_of_pool, report_pool, report_pools

DECISIONS = 50
MOST_DECISIONS = 200


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _all(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator_of(event)
    return answer(200, {"pools": [report_view(each) for each in report_pools(ports)]})


def _one(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    _, pool_id = operator_of(event), path_identifier(event, "poolId")
    return answer(200, report_view(report_pool(pool_id, ports)))


def _instances(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    _, pool_id = operator_of(event), path_identifier(event, "poolId")
    return answer(200, {"instances": [instance_view(each) for each in instances_of_pool(pool_id, ports)]})


def _decisions(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    _, pool_id = operator_of(event), path_identifier(event, "poolId")
    limit = query_whole(event, "limit", least=1, most=MOST_DECISIONS, default=DECISIONS)
    return answer(200, {"decisions": [decision_view(each) for each in decisions_of_pool(pool_id, limit, ports)]})


ROUTES = {
    "GET /pools": _all,
    "GET /pools/{poolId}": _one,
    "GET /pools/{poolId}/instances": _instances,
    "GET /pools/{poolId}/decisions": _decisions,
}
handler = lambda_handler(handle)
