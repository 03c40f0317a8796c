"""Where a claim looks: many at once must not all try the same slot."""

from __future__ import annotations

from collections.abc import Iterator

from greenroom.domain.slot import FIRST_SLOT, SHARDS, FreeSlot
from greenroom.ports import Ports

PAGE = 8
"""Entries read at once. Source: a page up to 4 KB costs what one entry does."""
LOSSES_PER_SHARD = 3
ROUNDS = 3
"""How often all shards are visited while entries are seen but lost. Bounds a claim's work; the line takes the rest."""


def find_free_slots(pool_id: str, ports: Ports, *, spread: bool = True) -> Iterator[FreeSlot]:
    """Free entries to try, one after the other; asking for the next means that the last was lost.

    A random shard, a random place in it, a random entry of the page: taking the first instead costs n claims on n slots
    n/2 lost tries each, this one less than 1 (measured). Ends when every shard was found empty, or after three rounds.
    Not `spread`: each shard from its beginning, which spares a read per empty shard. For few slots, or few who look.
    """
    for _ in range(ROUNDS):
        found = False
        for shard in ports.dice.sample(range(SHARDS), SHARDS):
            start = f"i-{ports.dice.getrandbits(32):08x}" if spread else FIRST_SLOT
            page = list(ports.claims.free_page(pool_id, shard, start, PAGE))
            found = found or bool(page)
            ports.dice.shuffle(page)
            yield from page[:LOSSES_PER_SHARD]
        if not found:
            return
