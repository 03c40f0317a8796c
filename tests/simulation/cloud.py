"""EC2 as it behaves on a bad day: refused launches, machines that never boot, taken away, or deaf to their end."""

from __future__ import annotations

from dataclasses import replace

from greenroom.domain.offering import FleetAnswer, Launched, Refusal
from greenroom.fleet_ports import Ec2Instance, Ec2State
from greenroom.usecases.prepare_launch import FleetRequest

from tests.fakes.memory_fleet import FakeEc2
from tests.simulation.world import World

ALIVE = (Ec2State.PENDING, Ec2State.RUNNING)
SHOWN_AFTER_END_S = 300


class ReplyLost(Exception):
    """CreateFleet did its work, and nobody heard."""


class SimulatedEc2(FakeEc2):
    """fleet_ports.Ec2 on the virtual clock."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.by_client_token: dict[str, Ec2Instance] = {}
        self.deaf: set[str] = set()  # the last call to end them was lost: the next one ends them

    def create_fleet(self, request: FleetRequest) -> FleetAnswer:
        """One instance, or why not. Raises: ReplyLost."""
        if self.world.strikes("launch_refused"):
            codes = ["InsufficientInstanceCapacity", "MaxSpotInstanceCountExceeded", "UnfulfillableCapacity"]
            code = self.world.random.choice(codes)
            return FleetAnswer((), tuple(Refusal(code, "no", each) for each in request.offerings))
        one = self.by_client_token.get(request.client_token) or self._new(request)
        self.by_client_token[request.client_token] = one
        if self.world.strikes("reply_lost"):
            raise ReplyLost
        return FleetAnswer((Launched(one.instance_id, one.instance_type, one.zone, one.market),), ())

    def _new(self, request: FleetRequest) -> Ec2Instance:
        self.world.counts["launch"] += 1
        one = self.add(
            f"i-{self.world.random.getrandbits(64):016x}", request.launch_id, self.world.now, request.pool_id
        )
        self.instances[one.instance_id] = replace(one, market=request.market)
        return self.instances[one.instance_id]

    def is_alive(self, instance_id: str) -> bool:
        one = self.instances.get(instance_id)
        return one is not None and one.state in ALIVE

    def alive(self) -> list[Ec2Instance]:
        return [each for each in self.instances.values() if each.state in ALIVE]

    def terminate(self, instance_id: str) -> None:
        if self.world.strikes("terminate_lost"):
            self.deaf.add(instance_id)
            return
        self.deaf.discard(instance_id)
        self.terminated.append(instance_id)
        self.end(instance_id, "Client.UserInitiatedShutdown")

    def end(self, instance_id: str, ended_by: str) -> None:
        """It shuts down, is terminated, and some minutes later EC2 has forgotten it."""
        if not self.is_alive(instance_id):
            return
        self.set(instance_id, Ec2State.SHUTTING_DOWN, ended_by)
        self.world.after(5, 40, lambda: self._gone(instance_id, ended_by))

    def _gone(self, instance_id: str, ended_by: str) -> None:
        self.set(instance_id, Ec2State.TERMINATED, ended_by)
        self.world.after(SHOWN_AFTER_END_S, SHOWN_AFTER_END_S, lambda: self._forget(instance_id))

    def _forget(self, instance_id: str) -> None:
        self.instances.pop(instance_id, None)
