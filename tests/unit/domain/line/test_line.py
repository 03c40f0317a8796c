"""The order in line: tiers, their head start, and the ageing rule."""

from __future__ import annotations

import pytest
from greenroom.domain.line.line import order_at, tier_of
from hypothesis import given
from hypothesis import strategies as st

TIERS = {"standard": 0, "vip": 600, "crew": 60}


@pytest.mark.parametrize(
    ("desc", "groups", "tier"),
    [
        ("nobody put them anywhere", {"viewers", "tenant-acme"}, "standard"),
        ("exactly one", {"tier-vip", "viewers"}, "vip"),
        ("one the pool does not know", {"tier-gold"}, "standard"),
        ("two: the one with less head start", {"tier-vip", "tier-crew"}, "crew"),
        ("two, one of them unknown", {"tier-vip", "tier-gold"}, "standard"),
        ("standard by name beside another", {"tier-vip", "tier-standard"}, "standard"),
        ("no name", {"tier-"}, "standard"),
        ("the name alone is no group", {"vip"}, "standard"),
    ],
)
def test_a_tier_is_the_group_that_names_it(desc: str, groups: set[str], tier: str) -> None:
    assert tier_of(groups, TIERS) == tier, desc


times = st.integers(0, 100_000)


@given(times, times, st.integers(0, 86_400), st.integers(0, 86_400))
def test_nobody_is_overtaken_by_one_who_came_more_than_the_head_start_later(
    first: int, later: int, own: int, theirs: int
) -> None:
    if later > first + max(0, theirs - own):
        assert order_at(first, own) < order_at(later, theirs)


@given(times, times, st.integers(0, 86_400))
def test_within_a_tier_it_is_first_come_first_served(first: int, second: int, head_start_s: int) -> None:
    assert (order_at(first, head_start_s) <= order_at(second, head_start_s)) or first > second
