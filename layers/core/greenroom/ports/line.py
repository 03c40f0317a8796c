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
    """A session's place in line. The sessions of a pool get slots in the order of (order_at, session_id).

    `not_before`: the start of the scheduled event for which the session waits; None when it waits for no event.
    """

    pool_id: str
    session_id: str
    order_at: float
    not_before: float | None = None
    application_id: str = field(default="", compare=False)  # asked for by the session; not part of the place's identity


class Line(Protocol):
    """The sessions of a pool that wait for a slot, in order. Reads are consistent."""

    def head(self, pool_id: str, now: float = inf, application_id: str | None = None) -> LineTicket | None:
        """The first place in line whose session may get a slot now; None when there is no such place.

        Sessions that must wait for a scheduled event to begin are skipped.
        `application_id`: only sessions of this application are considered. After an operator gives a pool to another
        application, sessions of both applications wait in the pool's line for a while.
        """

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        """The places of the sessions that must wait for a scheduled event to begin, in order."""

    def postpone(self, session: Session, not_before: float | None, deadline_at: float) -> bool:
        """Sets the time before which a waiting session gets no slot, and the session's deadline.

        `not_before`: the time; None when the session may get a slot at once.
        Returns False, and changes nothing, when the session no longer waits, or when somebody else changed that time
        meanwhile.
        """

    def place_of(self, session: Session) -> int:
        """The session's place in line, as a number: 1 = next."""

    def nearest(self, pool_id: str, most: int) -> Sequence[LineTicket]:
        """The first places in line, in order, at most `most` of them."""

    def length(self, pool_id: str) -> int:
        """How many sessions wait in the pool's line."""

    def remove(self, ticket: LineTicket) -> None:
        """Removes a place from the line, unless its session waits.

        The condition protects a session that is moving to another slot. The caller may have read the place as unused
        just before that session got the same place again.
        """


# -- roles


class HasLine(Protocol):
    @property
    def line(self) -> Line: ...
