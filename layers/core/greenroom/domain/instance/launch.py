"""A Launch: one instance asked of EC2, from the committed intent to the registered agent or the undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from greenroom.domain.errors import IllegalTransition


class LaunchState(StrEnum):
    """Where a launch stands. Registered and Failed absorb."""

    INTENDED = "Intended"  # a pass committed it; its machine has not started
    REQUESTED = "Requested"  # its machine asks EC2 for an instance
    LAUNCHED = "Launched"  # EC2 answered with an instance; its agent has not registered
    REGISTERED = "Registered"  # the agent reported for work
    FAILED = "Failed"  # undone; `reason` says why


L = LaunchState
LAUNCH_TRANSITIONS: Mapping[LaunchState, frozenset[LaunchState]] = {
    L.INTENDED: frozenset({L.REQUESTED, L.FAILED}),
    L.REQUESTED: frozenset({L.LAUNCHED, L.REGISTERED, L.FAILED}),  # Registered: the agent was faster than the row
    L.LAUNCHED: frozenset({L.REGISTERED, L.FAILED}),
    L.REGISTERED: frozenset(),
    L.FAILED: frozenset(),
}
OPEN_LAUNCHES = frozenset({L.INTENDED, L.REQUESTED, L.LAUNCHED})
"""Slots of these are on their way."""

START_TIMEOUT_S = 120
"""How long an intent may wait for its machine to start."""
REQUEST_TIMEOUT_S = 300
"""How long EC2 may take to answer, both markets and all retries."""
BOOT_TIMEOUT_S = 1200
"""How long an instance may take until its agent registers, and again until its slots are ready: until measured."""
LEAST_BOOT_TIMEOUT_S, MOST_BOOT_TIMEOUT_S = 600, 1440
"""Bounds once measured. An instance that is never heard ends itself after 30 min, and its machine waits 25."""
START_MARGIN_S = 60
"""What a start may take beside the application's own time: a report on its way, a process that is ended first."""
BOOTS_MEASURED = 5
"""Fewer boots than that say nothing of the next."""
NOT_WANTED = "notWanted"
"""Why a launch is over whose instance was given up before its agent registered: nothing failed, and nothing rests."""
KEPT_S = 24 * 3600
"""How long the row of a closed launch is kept beside its pool; the Journal keeps it for good."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One intent. `slots` is what its instance will have; `version` grows with each write and guards the next."""

    pool_id: str
    launch_id: str
    application_id: str
    slots: int
    state: LaunchState
    deadline_at: float  # when the reaper undoes what is still open
    reason: str  # why it was planned; once Failed, why it failed
    version: int = 0
    instance_ids: tuple[str, ...] = ()
    task_token: str | None = field(default=None, repr=False)
    market: str = "spot"  # "spot": Spot first, then on-demand; "on-demand": only that
    for_warm_tier: bool = False  # beyond what the pool wants: its failure must not make the others rest

    @property
    def is_open(self) -> bool:
        """Whether it may still bring slots."""
        return self.state in OPEN_LAUNCHES


def p95(boot_times: Sequence[float]) -> float:
    """Nearest rank: of up to 19 values the greatest, of 20 the second greatest. Not of none."""
    return sorted(boot_times)[-(-len(boot_times) * 95 // 100) - 1]


def boot_deadline_s(boot_times: Sequence[float]) -> float:
    """1.5 x the observed p95, within its bounds. Source: design defaults.

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
    """The launch as undone. Raises: IllegalTransition (already registered, or already undone)."""
    return replace(advanced(launch, L.FAILED, now), reason=reason)
