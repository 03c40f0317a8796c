"""EC2 in memory: it omits, repeats, delays and refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from greenroom.domain.errors import CapacityUnavailable, Conflict, GreenroomError
from greenroom.ports.instance import Ec2Instance, Ec2State

ALWAYS = 10**9
"""More lists than any test asks for."""


class Ec2Busy(Exception):
    """What EC2 says to a call that it does not take, be it a throttle or a right that is missing."""


class FakeEc2:
    """ports.Ec2: instances stay `shutting-down` until told otherwise; `ignored` ones do not obey.

    For `refusing` ones every call that changes them is refused.
    A list may leave out what runs (`omit`), and what was launched a moment ago may be `unknown` even by its id.
    """

    def __init__(self) -> None:
        self.instances: dict[str, Ec2Instance] = {}
        self.terminated: list[str] = []
        self.stopped: list[str] = []
        self.started: list[str] = []
        self.orphans: list[str] = []
        self.unstartable: set[str] = set()
        self.start_refusal: GreenroomError = CapacityUnavailable("InsufficientInstanceCapacity")
        self.ignored: set[str] = set()
        self.refusing: set[str] = set()
        self.unknown: set[str] = set()
        self.omitted: dict[str, int] = {}  # how many more lists leave it out
        self.found: list[str] = []  # what was asked for by its id

    def omit(self, instance_id: str, lists: int = 1) -> None:
        """The next so many lists leave it out; ALWAYS: until `show`."""
        self.omitted[instance_id] = lists

    def show(self, instance_id: str) -> None:
        """In every list again, and known by its id."""
        self.omitted.pop(instance_id, None)
        self.unknown.discard(instance_id)

    def _check(self, instance_id: str) -> None:
        if instance_id in self.refusing:
            raise Ec2Busy(instance_id)

    def _is_listed(self, each: Ec2Instance) -> bool:
        left = self.omitted.get(each.instance_id, 0)
        if left > 0:
            self.omitted[each.instance_id] = left - 1
        return left == 0 and each.instance_id not in self.unknown

    def add(self, instance_id: str, launch_id: str = "lch-1", at: float = 0.0, pool_id: str = "demo") -> Ec2Instance:
        """A running one."""
        one = Ec2Instance(
            instance_id, Ec2State.RUNNING, pool_id, launch_id, "g5.xlarge", "us-east-1a", "spot", launched_at=at
        )
        self.instances[instance_id] = one
        return one

    def set(self, instance_id: str, state: Ec2State, ended_by: str = "") -> None:
        self.instances[instance_id] = replace(self.instances[instance_id], state=state, ended_by=ended_by)

    def list_all(self) -> Sequence[Ec2Instance]:
        return [each for each in self.instances.values() if self._is_listed(each)]

    def list_of_launch(self, launch_id: str) -> Sequence[Ec2Instance]:
        own = [each for each in self.instances.values() if each.launch_id == launch_id]
        return [each for each in own if self._is_listed(each)]

    def find(self, instance_id: str) -> Ec2Instance | None:
        self.found.append(instance_id)
        return None if instance_id in self.unknown else self.instances.get(instance_id)

    def terminate(self, instance_id: str) -> None:
        self._check(instance_id)
        self.terminated.append(instance_id)
        if instance_id in self.instances and instance_id not in self.ignored:
            self.set(instance_id, Ec2State.SHUTTING_DOWN)

    def stop(self, instance_id: str) -> None:
        self._check(instance_id)
        self.stopped.append(instance_id)
        one = self.instances.get(instance_id)
        if one is not None and one.state in (Ec2State.PENDING, Ec2State.RUNNING) and instance_id not in self.ignored:
            self.set(instance_id, Ec2State.STOPPING)

    def start(self, instance_id: str) -> None:
        self._check(instance_id)
        self.started.append(instance_id)
        if instance_id in self.unstartable:
            raise self.start_refusal
        if instance_id not in self.instances or self.instances[instance_id].state is not Ec2State.STOPPED:
            raise Conflict("instance", instance_id)
        self.set(instance_id, Ec2State.PENDING)

    def tag_orphan(self, instance_id: str) -> None:
        self.orphans.append(instance_id)
