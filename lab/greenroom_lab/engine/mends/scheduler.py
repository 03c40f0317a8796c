"""Gap: schedules are looked at every 10 s. Looks every second, so that `at()` fires on time."""

from __future__ import annotations

from ministack.services import eventbridge, scheduler

TICK_S = 1.0


def apply() -> None:
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_S
    eventbridge._SCHEDULER_TICK_INTERVAL = TICK_S
