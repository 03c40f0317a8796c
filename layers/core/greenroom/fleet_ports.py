"""What instances, pools, launches and the reaper need from the world; a part of `greenroom.ports`.

Instances and launches are read, changed by pure functions of `domain/`, and saved on the condition that nobody changed
them meanwhile (`version`): whoever loses reads again and decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from greenroom.domain.event.scheduled_event import EventHold
from greenroom.domain.instance.instance import Instance
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import Rest
from greenroom.domain.pool.pool import Halt
from greenroom.domain.session.session_length import SessionLength
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


@dataclass(frozen=True, slots=True)
class PoolRows:
    """What one consistent query of the pool's partition says."""

    version: int
    launches: tuple[Launch, ...]
    holds: Mapping[str, EventHold] = field(default_factory=dict)  # by event id
    taken: int = 0  # how many slots were ever given to sessions
    surplus_since: float | None = None  # since when every pass saw more slots than wanted
    surplus_least: int = 0  # the least surplus seen since then, slots
    failed_launches: int = 0  # in a row
    failed_boots: int = 0  # in a row, of those: launched, but never ready
    halted: Halt | None = None
    session_lengths: tuple[SessionLength, ...] = ()  # of the last natural ends, oldest first
    boot_times: tuple[float, ...] = ()  # of the last instances, from launch to Ready, seconds; oldest first
    launch_rests_until: float = 0.0
    give_back_slots: int = 0  # an event that ended gives back so many at once
    give_back_until: float = 0.0
    members: tuple[str, ...] | None = None  # instance ids; None: not known


BOOTS_KEPT = 20
"""Boot times that a pool remembers: enough for a p95 that means something, few enough to forget an old image."""


class Pools(Protocol):
    """The pool's partition: its one capacity row and its launches."""

    def free(self, pool_id: str) -> int | None:
        """About how many slots are free, a hint on which nothing is decided alone; None when nobody counted yet."""

    def begin_pass(self, pool_id: str, now: float) -> bool:
        """Whether the caller may send PoolChanged: true once per 2-minute lease (the pass itself clears it)."""

    def read(self, pool_id: str) -> PoolRows: ...

    def clear_pending(self, pool_id: str) -> None:
        """A pass begins: from now on a change asks for another one."""

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        """Version + 1 and all intents, together. Raises: Conflict (another pass was faster)."""

    def note_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        """Set (or forget) the scale-in clock and the least surplus since."""

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        """Fewer slots were too many, seen outside of a pass; unless the clock is another one, or knows of fewer."""

    def note_given_back(self, pool_id: str, slots: int) -> None:
        """So many slots of an ended event were retired."""

    def note_launch_failed(self, pool_id: str, rests_until: float) -> None:
        """One more failure in a row; none is tried before `rests_until`."""

    def note_boot_failed(self, pool_id: str, instance_id: str) -> int:
        """This launched instance never got ready; how many in a row. Each counts once, however often it is noted."""

    def note_launch_registered(self, pool_id: str) -> None:
        """The row of failed launches ends; that of failed boots only at `note_boot`."""

    def note_boot(self, pool_id: str, seconds: float | None) -> None:
        """An instance got ready: the row of failed boots ends. `seconds` after its launch; None: not a measure.

        The last BOOTS_KEPT measures are kept.
        """

    def note_length(self, pool_id: str, length: SessionLength) -> None:
        """A session ended by itself. The last LENGTHS_KEPT are kept; one of two at the same moment may be lost."""

    def halt(self, pool_id: str, halt: Halt) -> bool:
        """Whether it was not halted before; the first reason stays."""

    def resume(self, pool_id: str) -> bool:
        """Whether it was halted. The rows of failures end too."""

    def hold_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        """Set, never increment: a second delivery changes nothing; an opened reservation stays opened.

        What it held beyond `slots` is given back.
        """

    def open_event(self, pool_id: str, event_id: str) -> None:
        """From now on sessions consume the reservation; once is enough, and none held is fine."""

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        """Hold nothing any more for it, and give back what it held; whether it held anything."""

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        """Replace the coarse free counter if it is still what was seen; a lost race is fine."""


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


class Orphans(Protocol):
    """Instances that EC2 has and no row explains."""

    def first_seen(self, instance_id: str, now: float) -> float:
        """When a pass first saw it so; now, if this is the first."""


class LiveSessions(Protocol):
    """What the reaper must look at."""

    def list_ids(self, limit: int) -> Sequence[str]:
        """Sessions that are not over, nearest deadline first; from an index, so it may lag."""
