"""A launch: one instance requested from EC2, from the planner's intent to the agent's registration.

A launch that fails on the way is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from greenroom.domain.errors import IllegalTransition


class LaunchState(StrEnum):
    """The state of a launch. Registered and Failed are final."""

    INTENDED = "Intended"  # a run of the planner committed it; its state machine has not started
    REQUESTED = "Requested"  # its state machine asks EC2 for an instance
    LAUNCHED = "Launched"  # EC2 answered with an instance; its agent has not registered
    REGISTERED = "Registered"  # the instance's agent registered
    FAILED = "Failed"  # the launch was undone; `reason` says why


L = LaunchState
LAUNCH_TRANSITIONS: Mapping[LaunchState, frozenset[LaunchState]] = {
    L.INTENDED: frozenset({L.REQUESTED, L.FAILED}),
    L.REQUESTED: frozenset({L.LAUNCHED, L.REGISTERED, L.FAILED}),  # Registered: the agent was faster than the row
    L.LAUNCHED: frozenset({L.REGISTERED, L.FAILED}),
    L.REGISTERED: frozenset(),
    L.FAILED: frozenset(),
}
OPEN_LAUNCHES = frozenset({L.INTENDED, L.REQUESTED, L.LAUNCHED})
"""States of a launch that may still give the pool slots."""

START_TIMEOUT_S = 120
"""How long an intended launch may wait until its state machine starts."""
REQUEST_TIMEOUT_S = 300
"""How long EC2 may take to answer a launch, over both markets and all retries."""
BOOT_TIMEOUT_S = 1200
"""How long an instance may take until its agent registers, and then again until its slots are ready. Used until enough
boots of the pool were measured.
"""
LEAST_BOOT_TIMEOUT_S, MOST_BOOT_TIMEOUT_S = 600, 1440
"""The bounds of a timeout that follows from measured boots.
An instance whose agent never reaches Greenroom powers itself off after 30 min; its state machine waits 25 min.
"""
START_MARGIN_S = 60
"""Time allowed to restart a slot's application, in addition to the application's own start: its old process is ended
first, and reports of the agent take time.
"""
BOOTS_MEASURED = 5
"""How many boots of a pool must have been measured before they tell how long the next one takes."""
NOT_WANTED = "notWanted"
"""The reason of a launch whose instance Greenroom gave up before its agent registered. Such a launch did not fail: the
pool continues to launch.
"""
KEPT_S = 24 * 3600
"""How long the row of a finished launch is kept in its pool's partition. The Journal keeps its record of the launch for
good.
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch. `slots`: how many slots its instance will have.

    `version` grows with each write, and a writer compares it.
    """

    pool_id: str
    launch_id: str
    application_id: str
    slots: int
    state: LaunchState
    deadline_at: float  # when the reaper undoes the launch if it is still open
    reason: str  # why it was planned; once Failed, why it failed
    version: int = 0
    instance_ids: tuple[str, ...] = ()
    task_token: str | None = field(default=None, repr=False)
    market: str = "spot"  # "spot": Spot first, then on-demand; "on-demand": only that
    for_warm_tier: bool = False  # beyond the slots that the pool wants; its failure does not delay other launches

    @property
    def is_open(self) -> bool:
        """Whether the launch may still give the pool slots."""
        return self.state in OPEN_LAUNCHES


def p95(boot_times: Sequence[float]) -> float:
    """The 95th percentile by nearest rank: of up to 19 values the greatest, of 20 the second greatest."""
    return sorted(boot_times)[-(-len(boot_times) * 95 // 100) - 1]


def boot_deadline_s(boot_times: Sequence[float]) -> float:
    """How long a boot may take, seconds: 1.5 x the observed p95, within the bounds. Source: design defaults.

    Example: of ten boots between 300 and 460 s, p95 is the longest: 1.5 x 460 = 690 s.
    """
    if len(boot_times) < BOOTS_MEASURED:
        return BOOT_TIMEOUT_S
    return min(max(1.5 * p95(boot_times), LEAST_BOOT_TIMEOUT_S), MOST_BOOT_TIMEOUT_S)


def advanced(launch: Launch, to: LaunchState, deadline_at: float) -> Launch:
    """The launch in its next state. Raises: IllegalTransition."""
    if to not in LAUNCH_TRANSITIONS[launch.state]:
        raise IllegalTransition(f"launch {launch.launch_id}: {launch.state} -> {to}")
    return replace(launch, state=to, deadline_at=deadline_at)


def failed(launch: Launch, reason: str, now: float) -> Launch:
    """The launch after it was undone. Raises: IllegalTransition (its agent has registered, or it was undone before)."""
    return replace(advanced(launch, L.FAILED, now), reason=reason)
