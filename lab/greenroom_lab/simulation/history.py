"""One history: a seed in, what broke and what was injected out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from greenroom.domain.events import InstanceNoticed
from greenroom.domain.instance.instance import NoticeKind
from greenroom.domain.pool.pool import Application, ApplicationKind, Placement, Pool, PoolPolicy
from greenroom.domain.quota.quota import Quota
from greenroom.domain.session.session import SessionLimits
from greenroom.usecases.instance.record_interruption import record_interruption
from greenroom.usecases.reaper.reconcile_fleet import PassResult

from greenroom_lab.simulation.agents import Agent
from greenroom_lab.simulation.cloud import SimulatedEc2
from greenroom_lab.simulation.invariants import Checker, Findings
from greenroom_lab.simulation.operators import Operators, Schedules
from greenroom_lab.simulation.state_machines import POOL, StateMachines
from greenroom_lab.simulation.viewers import TIERS, Viewer
from greenroom_lab.simulation.world import PoolChanged, Rates, ReaperNeeded, SessionRequested, World

SLOTS_PER_INSTANCE = 2
REST_WITHIN_S = 5400
"""Boots may take 20 minutes to be given up, a surplus goes one machine in 10 minutes, launches rest up to 10."""
SETTLED_S = 60
INTERRUPTIONS_EVERY_S = 30
TENANT_LIMIT = 4
"""Of all viewers together, in every third history: fewer than the pool serves."""

Sabotage = Callable[[World], None]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one history."""

    seed: int
    found: Findings
    counts: Counter[str]
    errors: Counter[str]
    acts: int
    virtual_s: float


class History:
    """A small pool with its world, its viewers and its bad luck."""

    def __init__(self, seed: int, sabotage: Sabotage | None = None, rates: Rates | None = None) -> None:
        self.seed = seed
        self.world = World(seed, rates)
        self.ec2 = SimulatedEc2(self.world)
        self.agents: dict[str, Agent] = {}
        self.state_machines = StateMachines(self.world, self.ec2, self._on_launch)
        self.checker = Checker(self.world, self.ec2, self.agents)
        self.operators = Operators(
            self.world, changes_admission=seed % 4 == 2
        )  # not drawn: the others stay as they were
        self.acts = 0
        self.bad_until = 0.0
        self.losses_to_come = 0  # announced, and not struck yet
        self._configure()
        self.world.ports.ec2, self.world.ports.tasks = self.ec2, self.state_machines.tasks
        if sabotage is not None:
            sabotage(self.world)
        self.world.ports.schedules, self.ec2.on_start = Schedules(self.world), self._on_start
        self.world.place_seams()
        self.world.handlers = {
            SessionRequested: self.state_machines.session_requested,
            PoolChanged: self.state_machines.pool_changed,
            ReaperNeeded: self.state_machines.reaper_needed,
            InstanceNoticed: self.state_machines.instance_noticed,
        }
        self.state_machines.after_pass = self._after_pass

    def _configure(self) -> None:
        rng, ports = self.world.random, self.world.ports
        limits = SessionLimits(
            connection_timeout_s=40,
            reconnect_window_s=45,
            maximum_session_s=400,
            placement_timeout_s=self.world.random.choice((300, 600)),
        )
        application = Application(
            POOL, "Demo", ApplicationKind.NULL, (), SLOTS_PER_INSTANCE, POOL, limits, sessions_per_viewer=1
        )
        ports.catalog.save_application(application)
        policy = PoolPolicy(
            rng.choice((0, 2, 3)),
            rng.choice((0, 1, 2, 4)),
            rng.choice((6, 8, 10)),
            warm_instances=rng.choice((0, 1, 1, 2)),
            scale_in_after_s=rng.choice((60, 300, 600)),
            scale_in_step=rng.choice((1, 10)),
            spot_share=rng.choice((100, 100, 50, 0)),
            placement=rng.choice(tuple(Placement)),
        )
        ports.catalog.save_pool(Pool(POOL, POOL, policy, tiers={"standard": 0, **TIERS}))
        if self.seed % 3 == 1:  # not drawn: the other histories stay as they were
            ports.quotas.save_tenant("acme", Quota(concurrent_sessions=TENANT_LIMIT))
        self.warm = policy.warm_instances
        self.wanted = -(-max(policy.always_on, policy.target_idle) // SLOTS_PER_INSTANCE)

    def tell(self) -> Told:
        """Bad times, then good ones, then rest."""
        world, began = self.world, self.world.now
        bad_until = began + world.random.uniform(1200, 2400)
        world.after(0, 1, self.state_machines.every_quarter_hour)
        world.after(5, 60, self._someone_comes)
        world.after(30, 60, self._interrupt)
        world.after(10, 200, self.operators.come_by)
        world.after(60, 300, self._market)
        self._run(lambda: world.now < bad_until)
        world.has_faults = False
        self.bad_until = world.now
        rest_by = self.rest_by()
        self._run(lambda: world.now < rest_by and not self.rests())
        settled = world.now + SETTLED_S
        self._run(lambda: world.now < settled)
        self.checker.at_rest(self.wanted, self.warm)
        world.counts["migration"] = sum(each.migrations for each in world.memory.session_rows.values())
        return Told(self.seed, self.checker.found, world.counts, world.errors, self.acts, world.now - began)

    def _run(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            self.world.step()
            self.acts += 1
            self.checker.after_act()

    def rest_by(self) -> float:
        """Until when it must rest: events that were put off in bad times take place in good ones, whole."""
        ends = [each.end for each in self.world.memory.events.values() if not each.is_final]
        return max([self.world.now, *ends]) + REST_WITHIN_S

    def rests(self) -> bool:
        """A reaper that died in bad times comes back with the schedule, up to 15 minutes later: wait for it.

        A loss that was announced in bad times strikes two minutes later, in good ones too: nothing is settled before.
        """
        if self.losses_to_come or self.acts % 20 != 0 or not self.checker.is_watched(self.bad_until):
            return False
        return self.checker.is_at_rest(self.wanted, self.warm)

    def _after_pass(self, result: PassResult | None) -> None:
        self.checker.after_pass(result is not None)

    # -- what happens to it

    def _someone_comes(self) -> None:
        world = self.world
        if not world.has_faults:
            return
        name = f"viewer-{world.random.randint(1, 12)}"
        Viewer(world, name, f"{world.random.getrandbits(40):x}", self.agents.get).press_play()
        rush = world.random.random() < 0.3
        world.after(0 if rush else 10, 1 if rush else 120, self._someone_comes)

    def _on_launch(self, instance_id: str) -> None:
        """Once, though its launch's step may be repeated."""
        if instance_id in self.agents:
            return
        self.agents[instance_id] = agent = Agent(self.world, self.ec2, instance_id)
        if not self.world.strikes("never_boots"):
            self.world.after(5, 90, agent.boot)

    def _on_start(self, instance_id: str) -> None:
        """A machine of the warm pool is switched on: a new boot of the same agent."""
        agent = self.agents[instance_id]
        agent.is_deaf = False
        if not self.world.strikes("never_boots"):
            self.world.after(3, 30, agent.boot)

    def _market(self) -> None:
        """Spot runs dry for some minutes, and is there again."""
        self.world.after(60, 200, self._market)
        self.ec2.dry.clear()
        if self.world.strikes("market_runs_dry"):
            self.ec2.dry.add("spot")

    def _interrupt(self) -> None:
        """Spot takes machines: after two minutes' warning, after an advice, or without a word."""
        self.world.after(INTERRUPTIONS_EVERY_S, INTERRUPTIONS_EVERY_S, self._interrupt)
        for each in self.ec2.alive():
            if each.market != "spot":
                continue
            if self.world.strikes("spot_interrupted"):
                self._take(each.instance_id)
            elif self.world.strikes("spot_warned"):
                self.warn(each.instance_id)
            elif self.world.strikes("rebalance_advised"):
                self._notify(each.instance_id, NoticeKind.REBALANCE)

    def warn(self, instance_id: str) -> None:
        """EC2 keeps its word, whether or not anybody heard it."""
        self._notify(instance_id, NoticeKind.SPOT_INTERRUPTION)
        self.losses_to_come += 1

        def strike() -> None:
            self.losses_to_come -= 1
            self._take(instance_id)

        self.world.after(120, 120, strike)

    def _take(self, instance_id: str) -> None:
        if self.ec2.is_alive(instance_id):
            self.ec2.end(instance_id, "Server.SpotInstanceTermination")
            self._notify(instance_id, NoticeKind.INSTANCE_GONE)

    def _notify(self, instance_id: str, kind: NoticeKind) -> None:
        """EC2's own event, on the default bus: lost, doubled or late like any other."""
        at, ports = self.world.now, self.world.ports

        def arrive() -> None:
            self.world.attempt(lambda: record_interruption(instance_id, kind, at, ports), arrive)

        self.world.on_the_way("notice", arrive)
