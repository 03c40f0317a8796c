"""Ports for instances, their launches, and EC2.

An instance or launch is read, changed by a pure function of `domain/`, and saved on the condition that nobody else
changed it in the meantime (`version`). A caller whose save is refused reads and decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from greenroom.domain.instance.instance import Instance
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import Cooldown
from greenroom.domain.slot.slot import Slot


@dataclass(frozen=True, slots=True)
class Member:
    """An instance with its slots, which are sorted by number."""

    instance: Instance
    slots: tuple[Slot, ...]


class Fleet(Protocol):
    """Rows of instances and their slots, by pool."""

    def get(self, instance_id: str) -> Instance:
        """Raises: NotFound."""

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """Booting -> Ready, at the first ready slot; an instance in any other state is returned as it is.

        Raises: NotFound, StaleBoot.
        """

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """Records that the agent of this boot was heard. Returns the instance as it is.

        Raises: NotFound, StaleBoot, InstanceHasEnded (Terminated: nothing is written).
        """

    def list_of_pool(self, pool_id: str, member_ids: Collection[str] | None = None) -> Sequence[Member]:
        """All instances of the pool that are not Terminated, with their slots.

        The pool's members are read consistently; their rows come from an index, and what it does not show yet is read
        one by one. Slots from the index may be outdated.
        `member_ids`: the ids, if the caller has just read them; that saves a read.
        """

    def add(self, instance: Instance) -> Instance:
        """Writes the row and the pool's member entry, unless the row exists. Returns the row that is stored."""

    def save(self, instance: Instance, *, unless_heard: bool = False) -> Instance:
        """Writes everything but the heartbeat if the stored version is still `instance.version`.

        Returns it with the next version.
        An instance saved as Launching loses its heartbeat, which was an earlier boot's.
        `unless_heard`: write only if, in addition, no heartbeat came since the instance was read. A Terminated instance
        leaves the pool's index and members. Raises: Conflict.
        """

    def add_slots(self, slots: Sequence[Slot], now: float) -> None:
        """Writes those of the slots that do not exist yet."""

    def drain_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """One transaction: instance -> Draining, every Free slot -> Retired, their free entries deleted.

        If a slot was claimed in the meantime, nothing is changed at all.
        Raises: SlotLost (a slot was claimed, or the instance changed).
        """

    def stop_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Like `drain_idle`, for the warm pool: instance -> Stopped, every Free slot -> Resetting without a deadline.

        Raises: SlotLost.
        """

    def drain(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Takes an instance that may have sessions out of service.

        One transaction: instance -> Draining, Free slots -> Resetting.
        `slots`: all slots of the instance, as read. Those with sessions keep them; no free entry is left, and the
        Resetting slots have no deadline.
        Raises: SlotLost (a slot was claimed or became free, or the instance changed).
        """

    def undrain(self, instance: Instance, slots: Sequence[Slot], now: float, deadline_at: float) -> Instance:
        """One transaction: instance -> Ready without a status reason; its Resetting slots get a deadline again.

        Raises: SlotLost (a slot or the instance changed).
        """


class Launches(Protocol):
    """The rows of launches."""

    def get(self, pool_id: str, launch_id: str) -> Launch:
        """Raises: NotFound."""

    def save(self, launch: Launch) -> Launch:
        """Writes the launch if the stored version is still `launch.version`. Returns it with the next version.

        Raises: Conflict.
        """


class Offerings(Protocol):
    """The offerings and markets that EC2 refused to a pool lately."""

    def refused(self, pool_id: str, now: float) -> Sequence[Cooldown]:
        """The newest refusal of each in the last RECENT_S, whether its cooldown is over or not."""

    def cool_down(self, pool_id: str, cooldown: Cooldown) -> bool:
        """Stores the refusal.

        Returns whether no cooldown was running, so that people hear of one of many equal refusals only.
        """


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
    """An instance as EC2 describes it. Pool and launch are those of its tags; empty without tags."""

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
    """EC2, limited to what has this stack's tag: nothing else is ever listed or ended.

    An instance that is missing in a list is not proven to be gone.
    """

    def list_all(self) -> Sequence[Ec2Instance]:
        """All instances of this stack, including those terminated a moment ago. One may be missing: ask `find`."""

    def list_of_launch(self, launch_id: str) -> Sequence[Ec2Instance]:
        """Like `list_all`, for one launch."""

    def find(self, instance_id: str) -> Ec2Instance | None:
        """Reads an instance by its id, which shows even what a list leaves out.

        It is found without our tags too, as long as it has no other stack's. None when it is another stack's, or when
        EC2 does not know it; for some minutes after a launch, EC2 may not know it yet.
        """

    def terminate(self, instance_id: str) -> None:
        """Asks EC2 to terminate one instance. Never several, because one bad id fails the whole call.

        Fine if it is gone already.
        """

    def stop(self, instance_id: str) -> None:
        """Asks EC2 to stop one instance. Fine if it is stopped, stopping or gone already."""

    def start(self, instance_id: str) -> None:
        """Asks EC2 to start one stopped instance.

        Raises: CapacityUnavailable, AccountLimitReached, Conflict (it is not stopped).
        """

    def tag_orphan(self, instance_id: str) -> None:
        """Tags the instance as an orphan, for people who look at EC2's own console.

        It is fine if it is gone already.
        """


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
