"""A function's table of routes: it finds the work that answers a route, and raises a 404 for every other route.

The keys are the template's: `{"GET /pools": _all, "GET /pools/{poolId}": _one}`, `{"$connect": _open}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from greenroom.domain.errors import NotFound

W = TypeVar("W")


def find_work(routes: Mapping[str, W], event: Mapping[str, Any]) -> W | None:
    """The work for the route that API Gateway chose; None for a route that is missing or not in the table."""
    key = event.get("routeKey") or (event.get("requestContext") or {}).get("routeKey")
    return routes.get(str(key))


def work_of(routes: Mapping[str, W], event: Mapping[str, Any]) -> W:
    """Like `find_work`. Raises: NotFound instead of returning None."""
    work = find_work(routes, event)
    if work is None:
        raise NotFound("route", str(event.get("routeKey")))
    return work
