"""A slot: the place of one session on an instance, with its own application process, lease and epoch.

The lease is the time limit of a claim (the taking of a free slot by a session). The epoch is the slot's fencing number,
raised each time the slot changes hands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SHARDS = 16
"""Over how many partitions (shards) of the table the free-slot entries of a pool are spread at most."""
SLOTS_PER_SHARD = 64
"""For how many slots a pool has one shard (partition of its free-slot entries). A small pool has one shard, so that one
query reads all its entries.
"""
FIRST_SLOT = "i-"
"""A text that sorts before every slot id: a search that starts at this text finds all free slots of a partition."""
CLAIM_LEASE_S = 60
"""For how many seconds a session keeps a claimed slot before a state machine has adopted (taken charge of) the session.
Source: GameLift FleetIQ.
"""


class SlotState(StrEnum):
    """The state of a slot (the place of one session on an instance). Retired is final."""

    FREE = "Free"  # the application runs, no session has the slot, it can be claimed
    RESERVED = "Reserved"  # claimed for a session that has not connected yet
    STREAMING = "Streaming"  # the session's viewer is connected, or was until a moment ago and may reconnect
    RESETTING = "Resetting"  # new, or given back by a session: its application is being started afresh
    RETIRED = "Retired"  # never claimed again: its instance ends, or its application did not start again


T = SlotState
SLOT_TRANSITIONS: Mapping[SlotState, frozenset[SlotState]] = {
    T.FREE: frozenset({T.RESERVED, T.RESETTING, T.RETIRED}),
    T.RESERVED: frozenset({T.STREAMING, T.RESETTING, T.RETIRED}),
    T.STREAMING: frozenset({T.RESETTING, T.RETIRED}),
    T.RESETTING: frozenset({T.FREE, T.RESERVED, T.RETIRED}),  # Reserved: given to the line before it is free
    T.RETIRED: frozenset(),
}
"""By state: the states to which a slot may change from it. SlotMove, which describes every change of a slot, refuses
all other changes.
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot: the place of one session on an instance. Times are epoch seconds.

    `epoch` is the slot's fencing number. It grows each time the slot changes hands, so that reports about an earlier
    session are refused.
    """

    slot_id: str
    number: int  # the first slot of an instance is 1
    instance_id: str
    pool_id: str
    application_id: str  # the application that its instance runs; other sessions never get it
    state: SlotState
    epoch: int
    instance_type: str
    zone: str
    market: str
    session_id: str | None = None
    viewer_id: str | None = None
    lease_until: float | None = None
    deadline_at: float | None = None
    taken_at: float | None = None  # since when its session has held a slot, this one or an earlier one
    shard: int = 0  # of its free-slot entry, 0..SHARDS-1; fixed at registration, even if the pool grows


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A free-slot entry: the copy of a free slot that a claim searches. It has only the fields that a claim needs."""

    slot_id: str
    instance_id: str
    number: int
    pool_id: str
    application_id: str
    shard: int
    epoch: int  # the slot's epoch while it is free; a claim raises it by 1
    instance_type: str
    zone: str
    market: str


def slot_id_of(instance_id: str, number: int) -> str:
    """The id of an instance's slot, readable in logs and sorted beside its instance: `i-0abc`, 2 -> `i-0abc.2`."""
    return f"{instance_id}.{number}"


def instance_of(slot_id: str) -> tuple[str, int]:
    """The instance id and the slot number that a slot id contains: the inverse of `slot_id_of`."""
    instance_id, _, number = slot_id.rpartition(".")
    return instance_id, int(number)


def shards_of(maximum: int) -> int:
    """How many shards (partitions) hold the free-slot entries of a pool of at most `maximum` slots.

    Example: 0..64 slots -> 1, 65..128 -> 2.
    """
    return min(max(-(-maximum // SLOTS_PER_SHARD), 1), SHARDS)


def shard_of(instance_id: str, maximum: int) -> int:
    """The number of the shard (partition) for an instance's free-slot entries, in a pool of at most `maximum` slots.

    All slots of an instance are in the same shard, so that one page of the shard shows how many of them are free. The
    shard follows from a checksum of the instance id, because Python's `hash` is different in each process.
    """
    value = 0
    for byte in instance_id.encode():
        value = (value * 31 + byte) % 65_521
    return value % shards_of(maximum)
