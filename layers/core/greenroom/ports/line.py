"""The port for the line: the sessions of a pool that wait for a slot, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session


@dataclass(frozen=True, slots=True)
class LineTicket:
    """A place in line. The sessions of a pool get slots in the order of (order_at, session_id)."""

    pool_id: str
    session_id: str
    order_at: float
    not_before: float | None = None
    application_id: str = field(default="", compare=False)  # asked for by the session; not part of the place's identity


class Line(Protocol):
    """The sessions of a pool that wait for a slot, in order. Reads are consistent."""

    def head(self, pool_id: str, now: float = inf, application_id: str | None = None) -> LineTicket | None:
        """The first place in line that may get a slot now. Sessions that still wait for an event to begin are skipped.

        `application_id`: only places that asked for this application. After an operator gives a pool to another
        application, sessions of both applications wait in its line for a while.
        """

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        """The places of sessions that wait for an event to begin, in order."""

    def postpone(self, session: Session, not_before: float | None, deadline_at: float) -> bool:
        """Sets the time before which the session gets no slot (None: it may get one now), and the session's deadline.

        Returns False when the session no longer waits, or when somebody else changed that time in the meantime.
        """

    def place_of(self, session: Session) -> int:
        """The session's place in line; 1 = next."""

    def nearest(self, pool_id: str, most: int) -> Sequence[LineTicket]:
        """The first `most` places in line, in order."""

    def length(self, pool_id: str) -> int:
        """How many sessions wait in the pool's line."""

    def remove(self, ticket: LineTicket) -> None:
        """Removes a place from the line, unless its session waits.

        The condition is needed because the caller may have read the place as unused just before the session moved and
        got the same place again.
        """


# -- roles


class HasLine(Protocol):
    @property
    def line(self) -> Line: ...
