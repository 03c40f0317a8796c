"""Estimates, from a pool's last boots, how long the pool takes to make all slots of a scheduled event Ready."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.domain.event.scheduled_event import WarmTime
from greenroom.domain.instance.launch import BOOT_TIMEOUT_S, p95

PASS_S = 10
"""Seconds from one pass of the reaper (the repair job, which also runs the planner) to the next. Each pass launches a
limited number of instances.
"""


def warm_time(boot_times: Sequence[float], instances: int, launches_per_pass: int) -> WarmTime:
    """How long the pool takes to launch `instances` instances and make all their slots Ready.

    `boot_times`: how long the pool's last boots took from launch to Ready, seconds. `launches_per_pass`: how many
    instances one run of the planner launches at most.
    Example: boots of 200 to 240 s, 50 instances, 20 launches a pass: 240 s + 2 more passes of 10 s = 260 s.
    """
    passes = max(1, -(-instances // launches_per_pass))
    launching_s = float((passes - 1) * PASS_S)
    if not boot_times:
        return WarmTime(float(BOOT_TIMEOUT_S), launching_s, is_measured=False)
    return WarmTime(p95(boot_times), launching_s, is_measured=True)
