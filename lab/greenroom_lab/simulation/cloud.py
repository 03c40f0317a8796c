"""EC2 as it behaves on a bad day: refused launches, markets that run dry, machines taken away, or deaf to their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from greenroom.domain.errors import CapacityUnavailable, Conflict
from greenroom.domain.instance.offering import FleetAnswer, LaunchedInstance, Refusal
from greenroom.ports.instance import Ec2Instance, Ec2State
from greenroom.usecases.instance.prepare_launch import FleetRequest

from greenroom_lab.memory.ec2 import ALWAYS, FakeEc2
from greenroom_lab.simulation.world import World

ALIVE = (Ec2State.PENDING, Ec2State.RUNNING)
THERE = (*ALIVE, Ec2State.STOPPING, Ec2State.STOPPED)
"""Not ended: what costs money, if only for its disk."""
SHOWN_AFTER_END_S = 300
OMITTED_S, UNKNOWN_S = (0, 240), (5, 120)
"""How long lists leave one out, and how long EC2 does not know the id of a new one."""


class ReplyLost(Exception):
    """CreateFleet did its work, and nobody heard."""


class SimulatedEc2(FakeEc2):
    """ports.Ec2 on the virtual clock."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.by_client_token: dict[str, Ec2Instance] = {}
        self.deaf: set[str] = set()  # the last call to end them was lost: the next one ends them
        self.dry: set[str] = set()  # markets that have nothing
        self.on_start: Callable[[str], None] = lambda instance_id: None

    def create_fleet(self, request: FleetRequest) -> FleetAnswer:
        """One instance, or why not. Raises: ReplyLost."""
        if request.market in self.dry:
            self.world.counts["dry_market"] += 1
            return FleetAnswer(
                (), tuple(Refusal("InsufficientInstanceCapacity", "no", each) for each in request.offerings)
            )
        if self.world.strikes("launch_refused"):
            codes = ["InsufficientInstanceCapacity", "MaxSpotInstanceCountExceeded", "UnfulfillableCapacity"]
            code = self.world.random.choice(codes)
            return FleetAnswer((), tuple(Refusal(code, "no", each) for each in request.offerings))
        one = self.by_client_token.get(request.client_token) or self._new(request)
        self.by_client_token[request.client_token] = one
        if self.world.strikes("reply_lost"):
            raise ReplyLost
        return FleetAnswer((LaunchedInstance(one.instance_id, one.instance_type, one.zone, one.market),), ())

    def _new(self, request: FleetRequest) -> Ec2Instance:
        self.world.counts["launch"] += 1
        one = self.add(
            f"i-{self.world.random.getrandbits(64):016x}", request.launch_id, self.world.now, request.pool_id
        )
        self.instances[one.instance_id] = replace(one, market=request.market)
        if self.world.strikes("unknown_yet"):
            self.unknown.add(one.instance_id)
            self.world.after(*UNKNOWN_S, lambda: self.unknown.discard(one.instance_id))
        return self.instances[one.instance_id]

    def list_all(self) -> Sequence[Ec2Instance]:
        """Each instance may be left out, of this list or of all for a while."""
        for instance_id in self.instances:
            if instance_id not in self.omitted and self.world.strikes("list_omits"):
                self.omit(instance_id, self.world.random.choice((1, ALWAYS)))
                self.world.after(*OMITTED_S, partial(self._shown_again, instance_id))
        return super().list_all()

    def _shown_again(self, instance_id: str) -> None:
        self.omitted.pop(instance_id, None)

    def is_shown(self, instance_id: str) -> bool:
        """Whether the next list has it, if luck lets it."""
        return instance_id not in self.unknown and not self.omitted.get(instance_id)

    def is_alive(self, instance_id: str) -> bool:
        one = self.instances.get(instance_id)
        return one is not None and one.state in ALIVE

    def alive(self) -> list[Ec2Instance]:
        return [each for each in self.instances.values() if each.state in ALIVE]

    def there(self) -> list[Ec2Instance]:
        return [each for each in self.instances.values() if each.state in THERE]

    def terminate(self, instance_id: str) -> None:
        if self.world.strikes("terminate_lost"):
            self.deaf.add(instance_id)
            return
        self.deaf.discard(instance_id)
        self.terminated.append(instance_id)
        self.end(instance_id, "Client.UserInitiatedShutdown")

    def end(self, instance_id: str, ended_by: str) -> None:
        """It shuts down, is terminated, and some minutes later EC2 has forgotten it."""
        one = self.instances.get(instance_id)
        if one is None or one.state not in THERE:
            return
        self.set(instance_id, Ec2State.SHUTTING_DOWN, ended_by)
        self.world.after(5, 40, lambda: self._gone(instance_id, ended_by))

    def stop(self, instance_id: str) -> None:
        if self.world.strikes("stop_lost") or not self.is_alive(instance_id):
            return
        self.world.counts["stop"] += 1
        self.set(instance_id, Ec2State.STOPPING)
        self.world.after(5, 40, lambda: self._pass_on(instance_id, Ec2State.STOPPING, Ec2State.STOPPED))

    def start(self, instance_id: str) -> None:
        if self.world.strikes("start_refused"):
            raise CapacityUnavailable("InsufficientInstanceCapacity")
        one = self.instances.get(instance_id)
        if one is None or one.state is not Ec2State.STOPPED:
            raise Conflict("instance", instance_id)
        if self.world.strikes("start_lost"):
            return
        self.world.counts["start"] += 1
        self.set(instance_id, Ec2State.PENDING)
        self._pass_on(instance_id, Ec2State.PENDING, Ec2State.RUNNING)
        self.on_start(instance_id)

    def _pass_on(self, instance_id: str, before: Ec2State, after: Ec2State) -> None:
        one = self.instances.get(instance_id)
        if one is not None and one.state is before:
            self.set(instance_id, after)

    def _gone(self, instance_id: str, ended_by: str) -> None:
        self.set(instance_id, Ec2State.TERMINATED, ended_by)
        self.world.after(SHOWN_AFTER_END_S, SHOWN_AFTER_END_S, lambda: self._forget(instance_id))

    def _forget(self, instance_id: str) -> None:
        self.instances.pop(instance_id, None)
