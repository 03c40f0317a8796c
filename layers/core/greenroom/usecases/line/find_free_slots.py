"""Where a claim looks: where the pool's placement wants it, yet many at once must not run after one slot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from greenroom.domain.pool.pool import Placement, Pool
from greenroom.domain.slot.slot import FIRST_SLOT, FreeSlot, shards_of
from greenroom.ports.session import HasClaims
from greenroom.ports.world import Dice


class Ports(Dice, HasClaims, Protocol):
    """What is reached here, callees included."""


FEW_PAGE = 64
"""Entries read at once while few slots are free: all of them, so that a full instance is known from an empty one."""
SPREAD_PAGE = 16
"""Entries read at once while many are free. Source: a page up to 4 KB costs what one entry does."""
ROUNDS = 9
"""How often all shards are visited while entries are seen but lost. Bounds a claim's work; the line takes the rest."""


def find_free_slots(pool: Pool, ports: Ports, *, few: bool = True) -> Iterator[FreeSlot]:
    """Free entries of the pool's application, one after the other; asking for the next means that the last was lost.

    The first is where the pool's placement wants it, the next are random: whoever lost is one of many. Each is chosen
    from a fresh look, because a read costs a tenth of a lost try: 50 claims at once on 20 slots lose 56 tries so, and
    92 when three are tried from each look. A herd that prefers one instance loses at most one try more each (measured).
    The shards of the pool's maximum come first. When they are empty, those follow that an earlier, higher maximum used:
    instances registered then still have their entries there. No other shard was ever used.
    `few`: each shard from its beginning, all of it; else a part of it from a random place.
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
    """Ends when every shard was found empty, or after all rounds."""
    is_first = True
    for _ in range(ROUNDS):
        found = False
        for shard in ports.dice.sample(shards, len(shards)):
            page = _look(pool, shard, few, ports)
            if page:
                found = True
                yield _preferred(page, pool.policy.placement, ports) if is_first else ports.dice.choice(page)
                is_first = False
        if not found:
            return


def _look(pool: Pool, shard: int, few: bool, ports: Ports) -> Sequence[FreeSlot]:
    start, limit = (FIRST_SLOT, FEW_PAGE) if few else (f"i-{ports.dice.getrandbits(32):08x}", SPREAD_PAGE)
    return ports.claims.free_page(pool.pool_id, pool.application_id, shard, start, limit)


def _preferred(page: Sequence[FreeSlot], placement: Placement, ports: Ports) -> FreeSlot:
    """A slot of the fullest (packed) or emptiest (distributed) instance of the page; of equals in a random zone."""
    free = Counter(each.instance_id for each in page)
    best = (min if placement is Placement.PACKED else max)(free.values())
    equal = [each for each in page if free[each.instance_id] == best]
    zone = ports.dice.choice(sorted({each.zone for each in equal}))
    return ports.dice.choice([each for each in equal if each.zone == zone])
