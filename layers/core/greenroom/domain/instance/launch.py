"""A launch: the request for one EC2 instance, from the planner's decision until the instance's agent registers.

If a launch fails before that, whatever it began is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from greenroom.domain.errors import IllegalTransition


class LaunchState(StrEnum):
    """The state of a launch (the request for one EC2 instance). Registered and Failed are final."""

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
"""The states of a launch that may still give the pool slots."""

START_TIMEOUT_S = 120
"""How many seconds may pass from the planner's decision to launch until a state machine begins the launch."""
REQUEST_TIMEOUT_S = 300
"""How many seconds EC2 may take to answer a launch, over both markets (Spot and on-demand) and all retries."""
BOOT_TIMEOUT_S = 1200
"""How many seconds an instance may take until its agent registers, and then again until its slots are ready. This limit
applies until enough boots of the pool were measured.
"""
LEAST_BOOT_TIMEOUT_S, MOST_BOOT_TIMEOUT_S = 600, 1440
"""The least and the greatest boot timeout, in seconds, that `boot_deadline_s` computes from measured boots. An instance
whose agent never reaches Greenroom powers itself off after 30 min; the launch's state machine waits 25 min.
"""
START_MARGIN_S = 60
"""How many seconds a restart of a slot's application may take in addition to the application's own start. The old
process must end first, and the agent's reports take time.
"""
BOOTS_MEASURED = 5
"""How many boots of a pool must have been measured before a boot timeout is computed from them."""
NOT_WANTED = "notWanted"
"""The reason of a launch whose instance Greenroom gave up before the instance's agent registered. Such a launch does
not count as a failure, so the pool continues to launch instances.
"""
KEPT_S = 24 * 3600
"""How many seconds the row of a finished launch is kept in its pool's partition. The Journal keeps its record of the
launch for good.
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch: the request for one EC2 instance. `slots`: how many slots the instance will have.

    `version` grows with each write; a write is refused if the row has another version than the writer read.
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
        """Whether the launch may still give its pool slots: it has neither registered nor failed."""
        return self.state in OPEN_LAUNCHES


def p95(boot_times: Sequence[float]) -> float:
    """The 95th percentile of the boot times, by nearest rank: of 19 values the greatest, of 20 the second greatest."""
    return sorted(boot_times)[-(-len(boot_times) * 95 // 100) - 1]


def boot_deadline_s(boot_times: Sequence[float]) -> float:
    """How many seconds the next boot in a pool may take: 1.5 times the 95th percentile of the pool's measured boots.

    The result is kept between LEAST_BOOT_TIMEOUT_S and MOST_BOOT_TIMEOUT_S. Before enough boots were measured, the
    result is BOOT_TIMEOUT_S. Source: design defaults.
    Example: of ten boots between 300 and 460 s, the 95th percentile is the longest: 1.5 x 460 = 690 s.
    """
    if len(boot_times) < BOOTS_MEASURED:
        return BOOT_TIMEOUT_S
    return min(max(1.5 * p95(boot_times), LEAST_BOOT_TIMEOUT_S), MOST_BOOT_TIMEOUT_S)


def advanced(launch: Launch, to: LaunchState, deadline_at: float) -> Launch:
    """Returns the launch in the state `to`. Raises: IllegalTransition (the present state does not allow it)."""
    if to not in LAUNCH_TRANSITIONS[launch.state]:
        raise IllegalTransition(f"launch {launch.launch_id}: {launch.state} -> {to}")
    return replace(launch, state=to, deadline_at=deadline_at)


def failed(launch: Launch, reason: str, now: float) -> Launch:
    """Returns the launch as Failed, after it was undone.

    Raises: IllegalTransition (the agent of its instance has registered, or the launch was undone before).
    """
    return replace(advanced(launch, L.FAILED, now), reason=reason)
