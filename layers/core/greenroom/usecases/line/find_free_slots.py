"""Finds free slots for a claim: first where the pool's placement prefers them, then at random.

So simultaneous claims do not all try the same slot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.pool.pool import Placement
from greenroom.domain.slot.slot import FIRST_SLOT, shards_of

if TYPE_CHECKING:
    from greenroom.domain.pool.pool import Pool
    from greenroom.domain.slot.slot import FreeSlot
    from greenroom.ports.session import HasClaims
    from greenroom.ports.world import Rng

    class Ports(Rng, HasClaims, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


FEW_PAGE = 64
"""How many free entries (rows of free slots) of a shard are read at once while the pool has few free slots.

All of them are read then, to distinguish full instances from empty ones.
"""
SPREAD_PAGE = 16
"""How many free entries of a shard are read at once while the pool has many free slots.

Source: a page of up to 4 KB costs as much as one entry.
"""
ROUNDS = 9
"""How often all shards are visited while free entries are found but lost to other claims.

This limits the work of a claim. A session that gets no slot joins the line.
"""


def find_free_slots(pool: Pool, ports: Ports, *, few: bool = True) -> Iterator[FreeSlot]:
    """Yields free entries (rows of free slots) of the pool's application, one at a time.

    Ask for the next entry when another claim has taken the last one.
    The first entry is where the pool's placement prefers it. The next entries are random, because a claim that has lost
    a slot is one of many. Each entry is chosen from a fresh read, because a read costs a tenth of a lost try: 50 claims
    at once on 20 slots lose 56 tries this way, and 92 tries when three entries are used from each read. When all claims
    prefer the same instance, each loses one more try at most (measured).
    The free entries are spread over shards, whose number follows from the pool's maximum. The shards of the present
    maximum are searched first. Only when these are empty, the search continues in the other shards that an earlier,
    higher maximum used: instances that registered at that time still have their entries there.
    `few`: read each shard from its beginning, all of it; else read a part of it, from a random place.
    """
    own = range(shards_of(pool.policy.maximum))
    elsewhere = range(len(own), pool.shards)
    for shards in (own, elsewhere):
        found = False
        for free in _search(pool, shards, few, ports):
            found = True
            yield free
        if found:
            return


def _search(pool: Pool, shards: Sequence[int], few: bool, ports: Ports) -> Iterator[FreeSlot]:
    """Searches these shards. Ends when all shards were found empty, or after all rounds."""
    is_first = True
    for _ in range(ROUNDS):
        found = False
        for shard in ports.rng.sample(shards, len(shards)):
            page = _look(pool, shard, few, ports)
            if page:
                found = True
                yield _preferred(page, pool.policy.placement, ports) if is_first else ports.rng.choice(page)
                is_first = False
        if not found:
            return


def _look(pool: Pool, shard: int, few: bool, ports: Ports) -> Sequence[FreeSlot]:
    start, limit = (FIRST_SLOT, FEW_PAGE) if few else (f"i-{ports.rng.getrandbits(32):08x}", SPREAD_PAGE)
    return ports.claims.free_page(pool.pool_id, pool.application_id, shard, start, limit)


def _preferred(page: Sequence[FreeSlot], placement: Placement, ports: Ports) -> FreeSlot:
    """A slot of the instance that has the fewest (packed) or most (distributed) free slots among these entries.

    Of several such instances, one in a random zone.
    """
    free = Counter(each.instance_id for each in page)
    best = (min if placement is Placement.PACKED else max)(free.values())
    equal = [each for each in page if free[each.instance_id] == best]
    zone = ports.rng.choice(sorted({each.zone for each in equal}))
    return ports.rng.choice([each for each in equal if each.zone == zone])
