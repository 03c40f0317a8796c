"""PUT and PATCH /pools/{poolId}: all of a pool, or some of it."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, operator_of, path_identifier, respond
from greenroom.entry.pool.catalog_views import pool_view
from greenroom.entry.pool.pool_body import change_of, pool_of
from greenroom.usecases.pool.configure import change_pool, configure_pool


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    is_put = str(event.get("routeKey", "")).startswith("PUT ")
    return respond(lambda: _put(event, ports) if is_put else _patch(event, ports))


def _put(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator = operator_of(event)
    pool = pool_of(path_identifier(event, "poolId"), body_of(event))
    return answer(200, pool_view(configure_pool(pool, operator.viewer_id, ports)))


def _patch(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, pool_id = operator_of(event), path_identifier(event, "poolId")
    return answer(200, pool_view(change_pool(pool_id, change_of(body_of(event)), operator.viewer_id, ports)))


handler = lambda_handler(handle)
