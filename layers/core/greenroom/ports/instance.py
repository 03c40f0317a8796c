"""Instances, their launches, and EC2.

Instances and launches are read, changed by pure functions of `domain/`, and saved on the condition that nobody changed
them meanwhile (`version`): whoever loses reads again and decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from greenroom.domain.instance.instance import Instance
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import Rest
from greenroom.domain.slot.slot import Slot


@dataclass(frozen=True, slots=True)
class Machinery:
    """An instance and its slots, by number."""

    instance: Instance
    slots: tuple[Slot, ...]


class Fleet(Protocol):
    """Instances with their slots, by pool."""

    def get(self, instance_id: str) -> Instance:
        """Raises: NotFound."""

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """Booting -> Ready at the first ready slot; any other state is answered as it stands.

        Raises: NotFound, StaleBoot.
        """

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """The agent of this boot was heard; returns the instance as it stands.

        Raises: NotFound, StaleBoot, InstanceHasEnded (Terminated: nothing is written).
        """

    def list_of_pool(self, pool_id: str, members: Collection[str] | None = None) -> Sequence[Machinery]:
        """Everything of the pool that is not Terminated: its members by a consistent read, the rest from an index.

        What the index does not show yet is read one by one; the slots of what it shows may lag.
        `members`: as the pool's partition named them a moment ago, which spares that read.
        """

    def add(self, instance: Instance) -> Instance:
        """Write the row and the pool's member entry, unless it exists; returns the row as it stands."""

    def save(self, instance: Instance, *, unless_heard: bool = False) -> Instance:
        """Write all but the heartbeat if the stored version is still `instance.version`; returns it with the next one.

        Launching was not heard yet: an earlier boot's heartbeat goes.
        `unless_heard`: also only if no heartbeat came since it was read. Terminated leaves the pool's index and
        members. Raises: Conflict.
        """

    def add_slots(self, slots: Sequence[Slot], now: float) -> None:
        """Write those that do not exist."""

    def drain_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """One transaction: instance -> Draining, every Free slot -> Retired, free entries gone.

        All or nothing: a slot claimed meanwhile saves the instance whole.
        Raises: SlotLost (a slot was claimed, or the instance changed).
        """

    def stop_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """As `drain_idle`, but for the warm tier: instance -> Stopped, every Free slot -> Resetting without a deadline.

        Raises: SlotLost.
        """

    def drain(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """One transaction, for one that may be in use: instance -> Draining, its Free slots -> Resetting, no deadline.

        `slots` are all of it, as read; held ones keep their sessions, and no free entry is left.
        Raises: SlotLost (a slot was claimed or published, or the instance changed).
        """

    def undrain(self, instance: Instance, slots: Sequence[Slot], now: float, deadline_at: float) -> Instance:
        """One transaction: instance -> Ready with no status reason, its Resetting slots get a deadline again.

        Raises: SlotLost (a slot or the instance changed).
        """


class Launches(Protocol):
    """Launch rows."""

    def get(self, pool_id: str, launch_id: str) -> Launch:
        """Raises: NotFound."""

    def save(self, launch: Launch) -> Launch:
        """Write it if the stored version is still `launch.version`; returns it with the next one. Raises: Conflict."""


class Offerings(Protocol):
    """What EC2 refused a pool lately: offerings, and whole markets."""

    def refused(self, pool_id: str, now: float) -> Sequence[Rest]:
        """The newest refusal of each in the last RECENT_S, resting still or not."""

    def rest(self, pool_id: str, rest: Rest) -> bool:
        """Write it down; whether it was awake before, so that one of many equal refusals is told to people."""


class Ec2State(StrEnum):
    """EC2's own instance states."""

    PENDING = "pending"
    RUNNING = "running"
    SHUTTING_DOWN = "shutting-down"
    TERMINATED = "terminated"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Ec2Instance:
    """An instance as EC2 describes it; pool and launch by its tags, empty when untagged."""

    instance_id: str
    state: Ec2State
    pool_id: str
    launch_id: str
    instance_type: str
    zone: str
    market: str
    launched_at: float
    ended_by: str = ""  # EC2's StateReason code, like Server.SpotInstanceTermination


class Ec2(Protocol):
    """EC2, seen through the stack's tag: nothing else is ever listed or ended. No list proves that one is gone."""

    def list_all(self) -> Sequence[Ec2Instance]:
        """Every instance of this stack, those terminated a moment ago included. It may leave one out: ask `find`."""

    def list_of_launch(self, launch_id: str) -> Sequence[Ec2Instance]:
        """As `list_all`, of one launch."""

    def find(self, instance_id: str) -> Ec2Instance | None:
        """By its id, which shows what a list leaves out; without our tags too, if nobody else's stand there.

        None when EC2 does not know it (yet: for some minutes after a launch), or it is another stack's.
        """

    def terminate(self, instance_id: str) -> None:
        """Ask for one; one bad id fails a whole call, so never for many. Gone already is fine."""

    def stop(self, instance_id: str) -> None:
        """Ask for one. Stopped, stopping or gone already is fine."""

    def start(self, instance_id: str) -> None:
        """Ask for a stopped one. Raises: CapacityUnavailable, AccountLimitReached, Conflict (it is not stopped)."""

    def tag_orphan(self, instance_id: str) -> None:
        """Mark it for whoever looks at EC2's own console. Gone already is fine."""


# -- roles


class HasFleet(Protocol):
    @property
    def fleet(self) -> Fleet: ...


class HasLaunches(Protocol):
    @property
    def launches(self) -> Launches: ...


class HasOfferings(Protocol):
    @property
    def offerings(self) -> Offerings: ...


class HasEc2(Protocol):
    @property
    def ec2(self) -> Ec2: ...
