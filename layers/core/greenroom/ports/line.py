"""Places in line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from greenroom.domain.session.session import Session


@dataclass(frozen=True, slots=True)
class LineTicket:
    """A place in line: pools are served in the order of (order_at, session_id)."""

    pool_id: str
    session_id: str
    order_at: float
    not_before: float | None = None
    application_id: str = field(default="", compare=False)  # asked for; the place is the same without it


class Line(Protocol):
    """The sessions of a pool that wait for a slot, by their order. Reads are consistent."""

    def head(self, pool_id: str, now: float = inf, application_id: str | None = None) -> LineTicket | None:
        """The first one that may be served now; who waits for an event to begin is passed over until then.

        `application_id`: the first who asked for it. A pool that was given away has a line of both for a while.
        """

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        """Those who wait for an event to begin, in order."""

    def hold(self, session: Session, not_before: float | None, deadline_at: float) -> bool:
        """Serve it from then on only (None: now); False if it waits no longer, or was held otherwise meanwhile."""

    def place_of(self, session: Session) -> int:
        """1 = next."""

    def nearest(self, pool_id: str, most: int) -> Sequence[LineTicket]:
        """The first `most` of the line, in order."""

    def length(self, pool_id: str) -> int:
        """How many wait."""

    def remove(self, ticket: LineTicket) -> None:
        """Unless its session waits (again): a place given up by an earlier reading may be the place of a later move."""


# -- roles


class HasLine(Protocol):
    @property
    def line(self) -> Line: ...
