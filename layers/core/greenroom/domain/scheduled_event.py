"""A scheduled event: a time for which a pool is warmed ahead."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.errors import InvalidField
from greenroom.domain.pool import Pool

DEFAULT_LEAD_S = 1200
"""How long before the start warming begins: the boot time allowed until boots are measured."""
LONGEST_EVENT_S = 7 * 24 * 3600
FURTHEST_AHEAD_S = 366 * 24 * 3600
SOONEST_S = 5
"""A one-time schedule in the past never fires: one that is due already is set this far ahead."""


@dataclass(frozen=True, slots=True)
class EventHold:
    """A reservation: `slots` held for an event. Consumed by the sessions that get a slot from its opening on."""

    slots: int
    taken_at: int | None = None  # the pool's count of slots taken when it opened; None: nothing is consumed yet


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """Times are epoch seconds."""

    event_id: str
    pool_id: str
    start: float
    end: float
    expected_sessions: int
    lead_s: int
    warm_at: float


def check_event(start: float, end: float, expected_sessions: int, pool: Pool, now: float) -> None:
    """Raises: InvalidField naming the field."""
    if start <= now:
        raise InvalidField("start", "must lie ahead")
    if start > now + FURTHEST_AHEAD_S:
        raise InvalidField("start", "must lie within a year")
    if end <= start:
        raise InvalidField("end", "must be after start")
    if end > start + LONGEST_EVENT_S:
        raise InvalidField("end", "must be within 7 days of start")
    if not 0 < expected_sessions <= pool.policy.maximum:
        raise InvalidField("expectedSessions", f"must be 1 to {pool.policy.maximum}, the maximum of the pool")


def warm_time(start: float, lead_s: int, now: float) -> float:
    """When warming begins: `lead_s` before the start, or at once when that is past."""
    return max(start - lead_s, now + SOONEST_S)
