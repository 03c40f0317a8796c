"""Where the free entries of a pool lie."""

from __future__ import annotations

import pytest
from greenroom.domain.slot.slot import SHARDS, shard_of, shards_of
from hypothesis import given
from hypothesis import strategies as some


@pytest.mark.parametrize(("maximum", "shards"), [(0, 1), (1, 1), (64, 1), (65, 2), (1024, 16), (100_000, 16)])
def test_a_small_pool_lies_in_few_partitions(maximum: int, shards: int) -> None:
    assert shards_of(maximum) == shards


@given(some.from_regex(r"i-[0-9a-f]{17}", fullmatch=True), some.integers(0, 100_000))
def test_an_instance_lies_in_one_of_its_pools_partitions(instance_id: str, maximum: int) -> None:
    assert 0 <= shard_of(instance_id, maximum) < shards_of(maximum) <= SHARDS


def test_a_large_pool_is_spread_evenly() -> None:
    found = [shard_of(f"i-{number * 2654435761 % 2**32:017x}", 1024) for number in range(1600)]
    assert min(found.count(shard) for shard in range(SHARDS)) > 60
