"""Ports for instances, their launches, and EC2.

An instance or launch is read, changed by a pure function of `domain/`, and saved on the condition that nobody else has
changed it meanwhile (its `version` is unchanged). A caller whose save is refused reads and decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.domain.instance.launch import Launch
    from greenroom.domain.instance.offering import Cooldown
    from greenroom.domain.slot.slot import Slot


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a pool: an instance with its slots, which are sorted by number."""

    instance: Instance
    slots: tuple[Slot, ...]


class Fleet(Protocol):
    """The rows of instances and their slots."""

    def get(self, instance_id: str) -> Instance:
        """Reads the instance. Raises: NotFound (Greenroom has no row of it)."""

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """Booting -> Ready, when the instance's first slot is ready.

        An instance in any other state is returned unchanged.
        Raises: NotFound, StaleBoot (the instance has booted again since, and its new agent has registered).
        """

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """Records that the agent sent a heartbeat. Returns the instance as stored.

        Raises: NotFound, StaleBoot (the instance has booted again since, and its new agent has registered),
        InstanceHasEnded (the instance is Terminated; nothing is written).
        """

    def list_of_pool(self, pool_id: str, member_ids: Collection[str] | None = None) -> Sequence[Member]:
        """All instances of the pool that are not Terminated, with their slots.

        The ids of the pool's instances are read consistently. Their rows come from an index; an instance that the index
        does not show yet is read by its id. Slots from the index may be outdated.
        `member_ids`: the ids of the pool's instances, if the caller has just read them; that saves a read.
        """

    def add(self, instance: Instance) -> Instance:
        """Writes the instance's row and its member entry in the pool, unless the row exists. Returns the stored row."""

    def save(self, instance: Instance, *, unless_heard: bool = False) -> Instance:
        """Writes everything but the heartbeat, if the stored version is still `instance.version`.

        Returns the instance with the next version.
        The heartbeat of an instance saved as Launching is removed, because an earlier boot sent it. A Terminated
        instance is removed from the pool's index and from its members.
        `unless_heard`: write only if, in addition, no heartbeat was recorded since the instance was read.
        Raises: Conflict (somebody else has written the instance meanwhile, or its agent was heard).
        """

    def add_slots(self, slots: Sequence[Slot], now: float) -> None:
        """Writes those of the slots that have no row yet."""

    def drain_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Drains an instance without sessions, so that it can be terminated.

        One transaction: instance -> Draining, every Free slot -> Retired, their free-slot entries deleted. If a session
        claimed a slot in the meantime, nothing is changed at all.
        Raises: SlotLost (a slot was claimed, or the instance changed).
        """

    def stop_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Stops an instance without sessions for the warm pool.

        One transaction: instance -> Stopped, every Free slot -> Resetting without a deadline, their free-slot entries
        deleted.
        Raises: SlotLost (a slot was claimed, or the instance changed).
        """

    def drain(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Drains an instance that may have sessions: it takes no new ones, and running sessions continue.

        One transaction: instance -> Draining, Free slots -> Resetting without a deadline, all free-slot entries
        deleted.
        `slots`: all slots of the instance, as read. Slots with sessions keep their sessions.
        Raises: SlotLost (a slot was claimed or became free, or the instance changed).
        """

    def undrain(self, instance: Instance, slots: Sequence[Slot], now: float, deadline_at: float) -> Instance:
        """Ends the draining of an instance: it takes new sessions again.

        One transaction: instance -> Ready without a status reason; its Resetting slots get a deadline again.
        Raises: SlotLost (a slot or the instance changed).
        """


class Launches(Protocol):
    """The rows of launches; each launch requests one instance from EC2."""

    def get(self, pool_id: str, launch_id: str) -> Launch:
        """Reads the launch. Raises: NotFound (the pool has no such launch)."""

    def save(self, launch: Launch) -> Launch:
        """Writes the launch if its stored version is still `launch.version`. Returns the launch with the next version.

        Raises: Conflict (somebody else has written the launch meanwhile).
        """


class Offerings(Protocol):
    """The offerings (type, zone, market) and whole markets that EC2 refused to launch for a pool lately."""

    def refused(self, pool_id: str, now: float) -> Sequence[Cooldown]:
        """For each refused offering or market, its newest refusal in the last RECENT_S, even if its cooldown is over.

        The cooldown is the time for which a refused offering or market is left alone.
        """

    def cool_down(self, pool_id: str, cooldown: Cooldown) -> bool:
        """Stores a refusal with its cooldown (how long the offering or market is left alone).

        Returns whether the offering or market had no cooldown until now, so that operators are told of only one of many
        equal refusals.
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
    """An instance as EC2 describes it. `pool_id` and `launch_id` are read from its tags; empty without tags."""

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
    """EC2, limited to instances with this stack's tag: no other instance is ever listed or terminated.

    An instance that is missing in a list may still exist.
    """

    def list_all(self) -> Sequence[Ec2Instance]:
        """All instances of this stack, including those terminated a moment ago. One may be missing: then ask `find`."""

    def list_of_launch(self, launch_id: str) -> Sequence[Ec2Instance]:
        """Like `list_all`, for one launch."""

    def find(self, instance_id: str) -> Ec2Instance | None:
        """Reads an instance by its id, which also finds an instance that a list leaves out.

        An instance without any stack's tag is found too. None when the instance carries another stack's tag, or when
        EC2 does not know it; for some minutes after a launch, EC2 may not know the instance yet.
        """

    def terminate(self, instance_id: str) -> None:
        """Asks EC2 to terminate one instance. Never several, because one bad id fails the whole call.

        If the instance is terminated already, nothing happens.
        """

    def stop(self, instance_id: str) -> None:
        """Asks EC2 to stop one instance. If it is stopped, stopping or terminated already, nothing happens."""

    def start(self, instance_id: str) -> None:
        """Asks EC2 to start one stopped instance.

        Raises: CapacityUnavailable, AccountLimitReached, Conflict (the instance is not stopped).
        """

    def tag_orphan(self, instance_id: str) -> None:
        """Tags the instance as an orphan (one that Greenroom does not know), for people who look at EC2's own console.

        If the instance is terminated already, nothing happens.
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
