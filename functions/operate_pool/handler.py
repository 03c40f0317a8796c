"""POST /pools/{poolId}/halt and /pools/{poolId}/resume; and every pool halted, for who deletes the stack."""

from __future__ import annotations

from typing import Any

from greenroom.domain.errors import InvalidField
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.http import answer, body_of, operator_of, path_identifier, respond
from greenroom.entry.pool.halt_call import halt_call_of
from greenroom.entry.pool.pool_views import report_view
from greenroom.entry.routes import work_of
from greenroom.usecases.pool.operate_pool import halt_every_pool, halt_pool, resume_pool
from greenroom.usecases.pool.read_pools import report_pool

LONGEST_REASON = 200


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """The HTTP answer, problems included; of a direct call {halted: the pools' ids}."""
    if (call := halt_call_of(event)) is not None:
        return {"halted": list(halt_every_pool(call.reason, call.by, ports))}
    return respond(lambda: work_of(ROUTES, event)(event, ports))


def _halt(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, pool_id = operator_of(event), path_identifier(event, "poolId")
    halt_pool(pool_id, _reason(event), operator.viewer_id, ports)
    return answer(200, report_view(report_pool(pool_id, ports)))


def _resume(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    operator, pool_id = operator_of(event), path_identifier(event, "poolId")
    body_of(event).only()
    resume_pool(pool_id, operator.viewer_id, ports)
    return answer(200, report_view(report_pool(pool_id, ports)))


def _reason(event: dict[str, Any]) -> str:
    reason = body_of(event).only("reason").text("reason", longest=LONGEST_REASON).strip()
    if not reason:
        raise InvalidField("reason", "must say why: whoever finds the pool halted reads it")
    return reason


ROUTES = {"POST /pools/{poolId}/halt": _halt, "POST /pools/{poolId}/resume": _resume}
handler = lambda_handler(handle)
