"""Scheduled events as operators read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from greenroom.domain.event.preflight import Check, CheckStatus, Preflight
from greenroom.domain.event.scheduled_event import EventState, ScheduledEvent, warms_at
from greenroom.domain.shape import selected, shown
from greenroom.domain.times import Time


@dataclass(frozen=True, slots=True)
class PreflightView:
    """The last preflight."""

    at: Time
    status: CheckStatus  # the worst
    latest_safe_start: Time
    time_to_warm_s: float
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class EventView:
    """What was planned, and how far it is."""

    event_id: str
    pool_id: str
    name: str
    state: EventState
    version: int
    start: Time
    end: Time
    time_zone: str
    expected_sessions: int
    warm_at: Time
    lead_s: int
    pre_queue_s: int
    maximum_cost_usd: float | None
    shuffle: bool
    preflight: PreflightView | None


def event_view(event: ScheduledEvent) -> dict[str, Any]:
    latest = event.preflight.latest_safe_start if event.preflight else event.start
    return shown(
        selected(EventView, event, warm_at=warms_at(event, latest), preflight=_preflight_view(event.preflight))
    )


def _preflight_view(preflight: Preflight | None) -> PreflightView | None:
    return selected(PreflightView, preflight, status=preflight.worst) if preflight else None
