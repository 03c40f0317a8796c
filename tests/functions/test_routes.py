"""A route that a function does not know: 404, and nothing is done, be its event otherwise right."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pytest

from tests.architecture.reading import functions
from tests.functions.invocations import body_of, module_of, sample
from tests.functions.openapi import fits

ROUTED = {each.name: each.route_keys for each in functions() if each.route_keys}
SOCKET = {name for name, keys in ROUTED.items() if all(key.startswith("$") for key in keys)}
OTHERS = sorted({key for keys in ROUTED.values() for key in keys} | {"$connect", "$default", "ANY /{proxy+}"})


class Untouched:
    """Ports, or settings, of which nothing is asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


def called(function: str, event: Mapping[str, Any]) -> Any:
    handle = module_of(function).handle
    return handle(event, *(Untouched() for _ in list(inspect.signature(handle).parameters)[1:]))


def at_route(function: str, route: object) -> dict[str, Any]:
    """The function's own sample at another route; None: at none."""
    event: dict[str, Any] = sample(function)
    for part in (event, event["requestContext"]):
        if "routeKey" in part:
            part["routeKey"] = route
            if route is None:
                del part["routeKey"]
    return event


def nearly(route: str) -> list[str]:
    """What begins, ends or reads like a route."""
    method, _, path = route.partition(" ")
    others = [f"{other} {path}" for other in ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")]
    return [f"{route}/", f"{route}/more", f"x{route}", f"/x{path}", path, method, route.lower(), f"{route} ", *others]


CASES = [
    (function, route)
    for function, own in ROUTED.items()
    for route in [None, "", " ", 7, ["GET /pools"], *OTHERS, *(near for key in sorted(own) for near in nearly(key))]
    if route not in list(own)
]


def test_every_function_behind_an_api_is_tried() -> None:
    assert len(ROUTED) == 17
    assert {"record_connection", "relay_frame"} == SOCKET


@pytest.mark.parametrize("function", ROUTED)
def test_an_unknown_route_is_404_and_nothing_is_asked_of_any_port(function: str) -> None:
    for route in (route for name, route in CASES if name == function):
        answer = called(function, at_route(function, route))
        assert answer["statusCode"] == 404, route
        if function not in SOCKET:
            assert answer["headers"]["content-type"] == "application/problem+json"
            assert body_of(answer)["type"] == "https://greenroom.dev/problems/not-found"
            fits("Problem", body_of(answer))


@pytest.mark.parametrize("function", ROUTED)
def test_the_same_event_at_its_own_route_is_worked_on(function: str) -> None:
    with pytest.raises(AssertionError, match="was asked for"):
        called(function, sample(function))
