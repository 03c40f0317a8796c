"""A function's routes as a table: the work that answers each, and a 404 for every other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from greenroom.domain.errors import NotFound

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Routes(Generic[W]):
    """`table`: the template's route key -> its work. Example: `{"GET /pools": _all}`, `{"$connect": _open}`."""

    table: Mapping[str, W]

    def find(self, event: Mapping[str, Any]) -> W | None:
        """The work for the route that API Gateway chose; None for a route that is missing or not in the table."""
        key = event.get("routeKey") or (event.get("requestContext") or {}).get("routeKey")
        return self.table.get(str(key))

    def work_of(self, event: Mapping[str, Any]) -> W:
        """As `find`. Raises: NotFound instead of None."""
        work = self.find(event)
        if work is None:
            raise NotFound("there is no such route")
        return work
