"""PUT and GET /pools/{poolId}."""

from __future__ import annotations

import re
from typing import Any

from greenroom.domain.pool import Pool, PoolPolicy
from greenroom.entry.catalog_views import chosen_of, pool_view
from greenroom.entry.compose import lambda_handler
from greenroom.entry.http import Body, answer, body_of, operator_of, path_identifier, respond
from greenroom.entry.settings import ConfigurePoolSettings
from greenroom.ports import Ports
from greenroom.usecases.configure import configure_pool, count_pool

MOST_SLOTS = 100_000
INSTANCE_TYPE = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")


def handle(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    is_put = str(event.get("routeKey", "")).startswith("PUT ")
    return respond(lambda: _put(event, ports) if is_put else _get(event, ports))


def _put(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    operator = operator_of(event)
    body = body_of(event).only("poolId", "applicationId", "policy", "instanceTypes", "markets")
    pool = _parse(path_identifier(event, "poolId"), body)
    return answer(200, pool_view(configure_pool(pool, operator.viewer_id, ports)))


def _get(event: dict[str, Any], ports: Ports) -> dict[str, Any]:
    operator_of(event)
    pool = ports.catalog.pool(path_identifier(event, "poolId"))
    counts = count_pool(pool.pool_id, ports)
    return answer(200, {**pool_view(pool), "instances": dict(counts.instances), "slots": dict(counts.slots)})


def _parse(pool_id: str, body: Body) -> Pool:
    policy = body.part("policy").only("alwaysOn", "targetIdle", "maximum")
    maximum = policy.whole("maximum", least=0, most=MOST_SLOTS)
    standard = Pool(pool_id, body.identifier("applicationId"), PoolPolicy(0, 0, maximum))
    return Pool(
        pool_id=pool_id,
        application_id=standard.application_id,
        policy=PoolPolicy(
            always_on=policy.whole("alwaysOn", least=0, most=maximum),
            target_idle=policy.whole("targetIdle", least=0, most=maximum),
            maximum=maximum,
        ),
        instance_types=chosen_of(body, "instanceTypes", INSTANCE_TYPE, standard.instance_types),
        markets=chosen_of(body, "markets", re.compile("spot|on-demand"), standard.markets),
    )


handler = lambda_handler(ConfigurePoolSettings, handle)
