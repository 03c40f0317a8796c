"""GET /pools, GET /pools/{poolId}, its /instances and the /decisions about it."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, operator_of, path_identifier, query_whole, respond
from greenroom.entry.pool.pool_views import decision_view, instance_view, report_view
from greenroom.usecases.pool.read_pools import decisions_of_pool, instances_of_pool, report_pool, report_pools

DECISIONS = 50
MOST_DECISIONS = 200


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: _read(event, ports))


def _read(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator_of(event)
    route = str(event.get("routeKey", ""))
    if route == "GET /pools":
        return answer(200, {"pools": [report_view(each) for each in report_pools(ports)]})
    pool_id = path_identifier(event, "poolId")
    if route.endswith("/instances"):
        return answer(200, {"instances": [instance_view(each) for each in instances_of_pool(pool_id, ports)]})
    if route.endswith("/decisions"):
        limit = query_whole(event, "limit", least=1, most=MOST_DECISIONS, default=DECISIONS)
        return answer(200, {"decisions": [decision_view(each) for each in decisions_of_pool(pool_id, limit, ports)]})
    return answer(200, report_view(report_pool(pool_id, ports)))


handler = lambda_handler(handle)
