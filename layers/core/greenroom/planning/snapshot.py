"""A pool as it was counted at one moment: everything on which a capacity plan depends. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import PoolPolicy

COMING = frozenset({InstanceState.LAUNCHING, InstanceState.BOOTING})
SERVING = COMING | {InstanceState.READY}
"""States of an instance whose slots can be given to sessions, now or soon."""
PAID = SERVING | {InstanceState.DRAINING, InstanceState.INTERRUPTED}
"""States of an instance that runs and costs money, even a draining instance that takes no new session. A stopped
instance costs only its disk.
"""


@dataclass(frozen=True, slots=True)
class InstanceLoad:
    """An instance of the pool, with the number of its slots in each state."""

    instance_id: str
    state: InstanceState
    slot_count: int
    market: str
    launched_at: float
    free: int = 0
    busy: int = 0  # reserved or streaming
    retired: int = 0  # never claimed again
    zone: str = ""
    stopped_at: float | None = None  # since when EC2 reports it as stopped
    rests_until: float | None = None  # EC2 had no capacity to start it; not tried again before this time
    is_of_another: bool = False  # it runs the pool's previous application: it costs money, but its slots are no supply
    is_outdated: bool = False  # it runs an application or a build that the pool has replaced

    @property
    def slots(self) -> int:
        """How many slots of the instance are not retired, so that sessions can get them."""
        return self.slot_count - self.retired

    @property
    def is_idle(self) -> bool:
        """Whether the instance is Ready and all its slots are free."""
        return self._is_ready and self.busy == 0 and self.free == self.slot_count

    @property
    def is_coming(self) -> bool:
        """Whether the instance is not Ready yet, and has neither free slots nor slots in use."""
        return self.state in COMING and self.busy == 0 and self.free == 0

    @property
    def is_worn(self) -> bool:
        """Whether the instance is Ready and without sessions, but has retired slots.

        A new instance should replace it.
        """
        return self._is_ready and self.busy == 0 and self.retired > 0

    @property
    def is_serving(self) -> bool:
        return self.state in SERVING and not self.is_of_another

    @property
    def _is_ready(self) -> bool:
        return self.state is InstanceState.READY and not self.is_of_another


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """A pool's policy, instances, line and earlier surplus at the time `now`.

    `queued`: how many sessions wait in line. `surplus_since` and `surplus_least`: since when the pool has too many
    slots, and the smallest surplus since then. `give_back_slots`: slots that ended events no longer need.
    `launch_rests_until`: no launch before this time, because several have failed.
    """

    policy: PoolPolicy
    slots_per_instance: int
    instances: tuple[InstanceLoad, ...]
    open_launch_slots: int  # slots of launches whose instance is not among `instances`
    queued: int
    event_slots: int  # slots left of the reservations for all events together
    now: float
    open_on_demand_slots: int = 0  # those of `open_launch_slots` that may only be on-demand
    markets: tuple[str, ...] = ("spot", "on-demand")
    longest_session_s: int = 0  # the maximum length of the application's sessions
    halted: str | None = None  # why the pool is halted; None: it is not
    held_back: int = 0  # how many of `queued` wait for an event to begin
    surplus_since: float | None = None
    surplus_least: int = 0
    give_back_slots: int = 0
    launch_rests_until: float = 0.0
    warm_pool_cooldown_until: float = 0.0  # a launch for the warm pool failed; not tried again before this time
    launch_slots_of_another: int = 0  # slots of open launches for the pool's previous application

    @property
    def paid_slots(self) -> int:
        """How many slots count towards the pool's maximum when an instance is to be launched or started."""
        running = (each.slot_count for each in self.instances if each.state in PAID)
        return sum(running) + self.open_launch_slots + self.launch_slots_of_another
