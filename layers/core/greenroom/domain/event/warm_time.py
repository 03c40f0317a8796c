"""How long a pool takes to make its slots for a scheduled event Ready, estimated from the pool's last boots."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.domain.event.scheduled_event import WarmTime
from greenroom.domain.instance.launch import BOOT_TIMEOUT_S, p95

PASS_S = 10
"""The time from one pass of the reaper (the repair job, which also runs the planner) to the next, seconds. Each pass
launches a limited number of instances.
"""


def warm_time(boot_times: Sequence[float], instances: int, launches_per_pass: int) -> WarmTime:
    """The time until `instances` are launched and Ready. `boot_times`: the pool's last boots, launch to Ready, seconds.

    Example: boots of 200 to 240 s, 50 instances, 20 launches a pass: 240 s + 2 more passes of 10 s = 260 s.
    """
    passes = max(1, -(-instances // launches_per_pass))
    launching_s = float((passes - 1) * PASS_S)
    if not boot_times:
        return WarmTime(float(BOOT_TIMEOUT_S), launching_s, is_measured=False)
    return WarmTime(p95(boot_times), launching_s, is_measured=True)
