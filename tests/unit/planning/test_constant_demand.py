"""A fleet does not flap: while as many play as before, whoever they are, nothing is launched and nothing is ended.

Every session is short and is followed by another one within seconds, so that every pass meets other instances idle,
other slots resetting, and now and then a viewer fewer. Passes run every few seconds, and at each coming and going.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from greenroom.domain.pool.pool import Placement, PoolPolicy
from greenroom.planning.plan_capacity import InstanceLoad, plan_capacity

from tests.unit.planning.snapshots import BOOTING, NOW, READY, pool

PASS_S, BOOT_S, RESET_S = 8, 60, 5
SESSION_S = (20, 50)
SETTLED_S, WATCHED_S = 600, 1800


@dataclass
class SimulatedInstance:
    """An instance; `ends_at` of each slot's session, `reset_at` of those being reset."""

    name: str
    ready_at: float
    slots: int
    sessions: dict[int, float] = field(default_factory=dict)
    resets: dict[int, float] = field(default_factory=dict)

    def free(self, now: float) -> list[int]:
        if now < self.ready_at:
            return []
        taken = {*self.sessions, *(slot for slot, at in self.resets.items() if at > now)}
        return [slot for slot in range(self.slots) if slot not in taken]


class Fleet:
    """Viewers who come and go, and a planner whose plans are followed."""

    def __init__(self, players: int, within_s: int, policy: PoolPolicy, slots: int) -> None:
        """`within_s`: whoever leaves is followed by the next one within that time. `slots` of an instance."""
        self.within_s, self.policy, self.slots, self.rng = within_s, policy, slots, Random(0)
        self.now, self.queued = NOW, 0
        self.instances: dict[str, SimulatedInstance] = {}
        self.arrivals = [self.now + self.rng.uniform(0, 30) for _ in range(players)]
        self.surplus: tuple[float | None, int] = (None, 0)
        self.changes: Counter[str] = Counter()

    def run(self, seconds: float) -> Counter[str]:
        """What the passes of that time launched and ended."""
        self.changes = Counter()
        end = self.now + seconds
        while self.now < end:
            self.now += 1
            if self._move() or self.now % PASS_S == 0:
                self._plan()
        return self.changes

    def leave_for_good(self) -> None:
        """Everybody, at once."""
        self.arrivals.clear()
        self.queued = 0
        for instance in self.instances.values():
            instance.sessions.clear()

    def _move(self) -> bool:
        """Whether anybody came or went."""
        moved = self._leave()
        come = [at for at in self.arrivals if at <= self.now]
        self.arrivals = [at for at in self.arrivals if at > self.now]
        self.queued += len(come)
        while self.queued and (free := [each for each in self.instances.values() if each.free(self.now)]):
            chosen = min(free, key=lambda each: (len(each.free(self.now)), self.rng.random()))
            chosen.sessions[chosen.free(self.now)[0]] = self.now + self.rng.uniform(*SESSION_S)
            self.queued -= 1
        return moved or bool(come)

    def _leave(self) -> bool:
        over = [
            (each, slot) for each in self.instances.values() for slot, at in each.sessions.items() if at <= self.now
        ]
        for instance, slot in over:
            del instance.sessions[slot]
            instance.resets[slot] = self.now + RESET_S
            self.arrivals.append(self.now + self.rng.uniform(0, self.within_s))
        return bool(over)

    def _plan(self) -> None:
        since, least = self.surplus
        facts = {"queued": self.queued, "now": self.now, "surplus_since": since, "surplus_least": least}
        snapshot = pool([self._load(each) for each in self.instances.values()], slots_per_instance=self.slots, **facts)
        plan = plan_capacity(replace(snapshot, policy=self.policy))
        self.surplus = (plan.surplus_since, plan.surplus_least)
        for _ in plan.launches:
            name = f"i-{len(self.instances)}-{self.now}-{self.rng.random()}"
            self.instances[name] = SimulatedInstance(name, self.now + BOOT_S, self.slots)
        for each in plan.retirements:
            del self.instances[each.instance_id]
        self.changes.update(launched=len(plan.launches), ended=len(plan.retirements))

    def _load(self, instance: SimulatedInstance) -> InstanceLoad:
        state = READY if instance.ready_at <= self.now else BOOTING
        busy, free = len(instance.sessions), len(instance.free(self.now))
        return InstanceLoad(
            instance.name, state, instance.slots, "spot", launched_at=instance.ready_at - BOOT_S, free=free, busy=busy
        )


def policy(target_idle: int, **facts: object) -> PoolPolicy:
    """With the defaults of a pool, unless `facts` say otherwise."""
    return PoolPolicy(0, target_idle, 100, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("target_idle", [0, 3])
@pytest.mark.parametrize("slots", [1, 2, 4])
@pytest.mark.parametrize(("players", "within_s"), [(1, 30), (5, 15), (20, 3)])
def test_as_many_viewers_as_before_change_nothing(players: int, within_s: int, slots: int, target_idle: int) -> None:
    for placement in Placement:
        fleet = Fleet(players, within_s, policy(target_idle, placement=placement), slots)
        fleet.run(SETTLED_S)
        assert fleet.run(WATCHED_S) == {"launched": 0, "ended": 0}, placement


def test_were_a_surplus_of_an_instant_enough_the_fleet_would_flap() -> None:
    """The test above can fail."""
    fleet = Fleet(5, 15, policy(0, scale_in_after_s=0), slots=1)
    fleet.run(SETTLED_S)
    assert fleet.run(WATCHED_S)["launched"] > 20


def test_what_nobody_needs_for_two_minutes_goes() -> None:
    fleet = Fleet(5, 3, policy(0), slots=1)
    fleet.run(SETTLED_S)
    fleet.leave_for_good()
    assert fleet.run(115)["ended"] == 0
    fleet.run(25)
    assert not fleet.instances
