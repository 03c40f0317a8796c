"""Ports for instances, their launches, and EC2.

Callers change an instance or a launch in three steps. They read it, compute the change with a pure function of
`domain/`, and save the result on the condition that its `version` is unchanged. A caller whose save is refused reads
and decides again.
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
    """A member of a pool: one of the pool's instances, with its slots sorted by number."""

    instance: Instance
    slots: tuple[Slot, ...]


class Fleet(Protocol):
    """The rows of all instances and of their slots."""

    def get(self, instance_id: str) -> Instance:
        """Reads the instance. Raises: NotFound (Greenroom has no row of this instance)."""

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """Changes the instance from Booting to Ready. Called when the instance's first slot is ready.

        An instance in any other state is returned unchanged. `boot_nonce` is the random id of the calling agent's boot.
        Raises: NotFound, StaleBoot (the instance has booted again since, and its new agent has registered).
        """

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        """Records that the instance's agent sent a heartbeat. Returns the instance as stored.

        `boot_nonce` is the random id of the calling agent's boot.
        Raises: NotFound, StaleBoot (the instance has booted again since, and its new agent has registered),
        InstanceHasEnded (the instance is Terminated; nothing is written).
        """

    def list_of_pool(self, pool_id: str, member_ids: Collection[str] | None = None) -> Sequence[Member]:
        """Reads all instances of the pool that are not Terminated, with their slots.

        The ids of the pool's instances are read consistently. The instances' rows come from an index; an instance that
        the index does not show yet is read by its id. Slots from the index may be outdated.
        `member_ids`: the ids of the pool's instances, if the caller has just read these ids; that saves a read.
        """

    def add(self, instance: Instance) -> Instance:
        """Writes the instance's row and adds its id to the pool's instances, unless the row exists.

        Returns the stored row.
        """

    def save(self, instance: Instance, *, unless_heard: bool = False) -> Instance:
        """Writes the instance, except its heartbeat, if its stored version is still `instance.version`.

        Returns the instance with the next version.
        The heartbeat of an instance saved as Launching is removed, because an earlier boot sent that heartbeat. An
        instance saved as Terminated is removed from the pool's index and from the pool's instances.
        `unless_heard`: write only if, in addition, no heartbeat was recorded since the instance was read.
        Raises: Conflict (somebody else has written the instance meanwhile, or, with `unless_heard`, its agent sent a
        heartbeat).
        """

    def add_slots(self, slots: Sequence[Slot], now: float) -> None:
        """Writes new slots. A slot that has a row already is left unchanged."""

    def drain_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Closes an instance without sessions to new sessions (drains it), because it will be terminated.

        One transaction: instance -> Draining, every Free slot -> Retired, their free-slot entries deleted. If a session
        claimed a slot in the meantime, nothing is changed at all.
        Raises: SlotLost (a slot was claimed, or the instance changed).
        """

    def stop_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Marks an instance without sessions as Stopped, because EC2 will be asked to stop it for the warm pool.

        The warm pool consists of stopped instances that start in a minute or two.
        One transaction: instance -> Stopped, every Free slot -> Resetting without a deadline, their free-slot entries
        deleted.
        Raises: SlotLost (a slot was claimed, or the instance changed).
        """

    def drain(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        """Drains an instance that may have sessions: the instance takes no new sessions, and running sessions continue.

        One transaction: instance -> Draining, Free slots -> Resetting without a deadline, all free-slot entries
        deleted.
        `slots`: all slots of the instance, as the caller read them. Slots with sessions keep their sessions.
        Raises: SlotLost (a slot was claimed or became free, or the instance changed).
        """

    def undrain(self, instance: Instance, slots: Sequence[Slot], now: float, deadline_at: float) -> Instance:
        """Ends the draining of an instance, so that the instance takes new sessions again.

        One transaction: instance -> Ready without a status reason; its Resetting slots get the deadline `deadline_at`.
        Raises: SlotLost (a slot or the instance changed).
        """


class Launches(Protocol):
    """The rows of launches. A launch is the request for one EC2 instance."""

    def get(self, pool_id: str, launch_id: str) -> Launch:
        """Reads the launch. Raises: NotFound (the pool has no such launch)."""

    def save(self, launch: Launch) -> Launch:
        """Writes the launch if its stored version is still `launch.version`. Returns the launch with the next version.

        Raises: Conflict (somebody else has written the launch meanwhile).
        """


class Offerings(Protocol):
    """The refusals of EC2 to launch an offering (instance type × zone × market) or on a whole market, by pool."""

    def refused(self, pool_id: str, now: float) -> Sequence[Cooldown]:
        """The newest refusal of each offering (type × zone × market) or market that EC2 refused lately.

        "Lately" means in the last RECENT_S seconds. Each refusal is returned as a Cooldown, which says how long the
        offering or market is left alone. Refusals whose cooldown is over are included.
        """

    def cool_down(self, pool_id: str, cooldown: Cooldown) -> bool:
        """Stores that EC2 refused an offering (type × zone × market) or a market, and how long it is left alone.

        Returns whether the offering or market was not being left alone already, so that operators are told of only one
        of many equal refusals.
        """


class Ec2State(StrEnum):
    """The state of an instance in EC2's own words."""

    PENDING = "pending"
    RUNNING = "running"
    SHUTTING_DOWN = "shutting-down"
    TERMINATED = "terminated"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Ec2Instance:
    """An instance as EC2 describes it.

    `pool_id` and `launch_id` are read from the instance's tags; they are empty if it has no such tags.
    """

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

    A list may miss an instance that exists; `find` does not.
    """

    def list_all(self) -> Sequence[Ec2Instance]:
        """Lists all instances of this stack, including instances that were terminated a moment ago.

        An instance that is missing in the list may still exist: the caller must ask `find` for it.
        """

    def list_of_launch(self, launch_id: str) -> Sequence[Ec2Instance]:
        """Lists the instances that this launch created. An instance that is missing in the list may still exist."""

    def find(self, instance_id: str) -> Ec2Instance | None:
        """Reads an instance by its id, which also finds an instance that a list misses.

        An instance without any stack's tag is found too. None when the instance has another stack's tag, or when EC2
        does not know the id; for some minutes after a launch, EC2 may not know the new instance's id yet.
        """

    def terminate(self, instance_id: str) -> None:
        """Asks EC2 to terminate one instance. If the instance is terminated already, nothing happens.

        The call names only one instance, because one wrong id would make a call for several instances fail as a whole.
        """

    def stop(self, instance_id: str) -> None:
        """Asks EC2 to stop one instance. If it is stopped, stopping or terminated already, nothing happens."""

    def start(self, instance_id: str) -> None:
        """Asks EC2 to start one stopped instance.

        Raises: CapacityUnavailable, AccountLimitReached, Conflict (the instance is not stopped).
        """

    def tag_orphan(self, instance_id: str) -> None:
        """Tags an instance as an orphan (Greenroom has no row of it), for people who look at EC2's own console.

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
