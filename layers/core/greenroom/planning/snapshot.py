"""All that a capacity plan depends on: a pool as it was counted at one moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import PoolPolicy

COMING = frozenset({InstanceState.LAUNCHING, InstanceState.BOOTING})
SERVING = COMING | {InstanceState.READY}
"""Their slots are supply, now or soon."""
PAID = SERVING | {InstanceState.DRAINING, InstanceState.INTERRUPTED}
"""Machines that run: a draining one costs money though it serves nobody new; a stopped one costs only its disk."""


@dataclass(frozen=True, slots=True)
class InstanceLoad:
    """An instance and how many of its slots are in which state."""

    instance_id: str
    state: InstanceState
    slot_count: int
    market: str
    launched_at: float
    free: int = 0
    busy: int = 0  # reserved or streaming
    retired: int = 0  # never claimed again
    zone: str = ""
    stopped_at: float | None = None  # since when EC2 was seen to have it stopped
    rests_until: float | None = None  # EC2 had no capacity to start it again: not before
    is_of_another: bool = False  # it runs another application, because the pool was given away: paid, and no supply
    is_outdated: bool = False  # it starts an application, or a build of it, that the pool does not run any more

    @property
    def slots(self) -> int:
        """Those that can still be claimed, one day."""
        return self.slot_count - self.retired

    @property
    def is_idle(self) -> bool:
        """Ready, and every slot free."""
        return self._is_ready and self.busy == 0 and self.free == self.slot_count

    @property
    def is_coming(self) -> bool:
        """Not ready yet, so that nobody plays on it, nor can be about to."""
        return self.state in COMING and self.busy == 0 and self.free == 0

    @property
    def is_worn(self) -> bool:
        """Ready, nobody plays on it, and it has lost slots for good: better a fresh one."""
        return self._is_ready and self.busy == 0 and self.retired > 0

    @property
    def is_serving(self) -> bool:
        return self.state in SERVING and not self.is_of_another

    @property
    def _is_ready(self) -> bool:
        return self.state is InstanceState.READY and not self.is_of_another


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """A pool, its policy and its clocks."""

    policy: PoolPolicy
    slots_per_instance: int
    instances: tuple[InstanceLoad, ...]
    open_launch_slots: int  # of launches whose instance is not among `instances`
    queued: int
    event_slots: int  # left of the reservations of events, all together
    now: float
    open_on_demand_slots: int = 0  # those of `open_launch_slots` that may only be on-demand
    markets: tuple[str, ...] = ("spot", "on-demand")
    longest_session_s: int = 0  # as long as a session of the application may last
    halted: str | None = None  # why nothing may be launched or started
    held_back: int = 0  # of those queued: who waits for an event to begin
    surplus_since: float | None = None
    surplus_least: int = 0
    give_back_slots: int = 0
    launch_rests_until: float = 0.0
    tier_rests_until: float = 0.0  # a launch for the warm tier failed: none for the tier before
    launch_slots_of_another: int = 0  # of open launches for the application that the pool served before

    @property
    def paid_slots(self) -> int:
        """What the maximum is compared with before anything is launched or started."""
        running = (each.slot_count for each in self.instances if each.state in PAID)
        return sum(running) + self.open_launch_slots + self.launch_slots_of_another
