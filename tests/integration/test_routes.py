"""A deployed function that is sent a route which is not its own answers 404."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from tests.functions.test_routes import ROUTED, at_route
from tests.integration.house import House


def test_every_deployed_function_behind_an_api_answers_404_at_an_unknown_route(house: House) -> None:
    invoke = house.client("lambda").invoke

    def status(function: str) -> object:
        event = json.dumps(at_route(function, "POST /nowhere"))
        answer = invoke(FunctionName=f"greenroom-{function}", Payload=event)
        return json.loads(answer["Payload"].read()).get("statusCode")

    with ThreadPoolExecutor(4) as threads:
        assert dict(zip(ROUTED, threads.map(status, ROUTED), strict=True)) == dict.fromkeys(ROUTED, 404)
