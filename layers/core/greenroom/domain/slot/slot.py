"""A Slot: one session's place on an instance, with its own application process, lease and epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SHARDS = 16
"""Free-slot entries of a pool are spread over so many partitions at most."""
SLOTS_PER_SHARD = 64
"""A pool uses one partition more for each so many slots: a small pool is read in one query."""
FIRST_SLOT = "i-"
"""Sorts before every slot id: where a search of a shard from its beginning starts."""
CLAIM_LEASE_S = 60
"""How long a claim holds its slot before the session is adopted. Source: GameLift FleetIQ."""


class SlotState(StrEnum):
    """Where a slot stands. Retired absorbs."""

    FREE = "Free"  # the application runs, nobody holds it, it can be claimed
    RESERVED = "Reserved"  # claimed for a session that has not connected yet
    STREAMING = "Streaming"  # the session's viewer is (or was, within the window) connected
    RESETTING = "Resetting"  # given back (or new): a fresh process is being started
    RETIRED = "Retired"  # never to be claimed again; its instance drains or is gone


T = SlotState
SLOT_TRANSITIONS: Mapping[SlotState, frozenset[SlotState]] = {
    T.FREE: frozenset({T.RESERVED, T.RESETTING, T.RETIRED}),
    T.RESERVED: frozenset({T.STREAMING, T.RESETTING, T.RETIRED}),
    T.STREAMING: frozenset({T.RESETTING, T.RETIRED}),
    T.RESETTING: frozenset({T.FREE, T.RESERVED, T.RETIRED}),  # Reserved: handed to the line before it is published
    T.RETIRED: frozenset(),
}
"""No move is made that has no edge here (`slot_move`)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place. `epoch` changes only with the holder and fences the agent; times are epoch seconds."""

    slot_id: str
    number: int  # from 1
    instance_id: str
    pool_id: str
    application_id: str  # what its instance runs: nobody else's session ever gets it
    state: SlotState
    epoch: int
    instance_type: str
    zone: str
    market: str
    session_id: str | None = None
    viewer_id: str | None = None
    lease_until: float | None = None
    deadline_at: float | None = None
    taken_at: float | None = None  # since when its session holds a slot, this one or one before
    shard: int = 0  # where its free entry lies, 0..SHARDS-1; fixed when it is registered, whatever the pool becomes


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A free-slot entry: what a claim needs to try, no more."""

    slot_id: str
    instance_id: str
    number: int
    pool_id: str
    application_id: str
    shard: int
    epoch: int  # the slot's epoch while free; a claim makes it epoch + 1
    instance_type: str
    zone: str
    market: str


def slot_id_of(instance_id: str, number: int) -> str:
    """`i-0abc.2`: readable in logs, sorted with its instance."""
    return f"{instance_id}.{number}"


def instance_of(slot_id: str) -> tuple[str, int]:
    """The inverse: instance id and slot number."""
    instance_id, _, number = slot_id.rpartition(".")
    return instance_id, int(number)


def shards_of(maximum: int) -> int:
    """How many partitions hold the free entries of a pool with so many slots at most: 0..64 -> 1, 65..128 -> 2."""
    return min(max(-(-maximum // SLOTS_PER_SHARD), 1), SHARDS)


def shard_of(instance_id: str, maximum: int) -> int:
    """The partition of an instance's slots in such a pool: together, so that a page shows how many of it are free.

    By a checksum, because `hash` is salted.
    """
    value = 0
    for byte in instance_id.encode():
        value = (value * 31 + byte) % 65_521
    return value % shards_of(maximum)
