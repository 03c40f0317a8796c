"""Prices: known types, estimates that say so, unknown types."""

from __future__ import annotations

import pytest
from greenroom.domain.instance.prices import hourly_usd, vcpus


def test_on_demand_is_a_list_price_and_spot_an_estimate_below_it() -> None:
    listed, guessed = hourly_usd("g5.xlarge", "on-demand"), hourly_usd("g5.xlarge", "spot")
    assert listed is not None
    assert guessed is not None
    assert (listed.usd, listed.is_estimate) == (1.006, False)
    assert guessed.is_estimate
    assert guessed.source.startswith("estimate")
    assert 0.35 * listed.usd <= guessed.usd <= 0.5 * listed.usd


@pytest.mark.parametrize("family", ["g4dn", "g5", "g6"])
def test_a_bigger_size_of_a_family_has_more_vcpus(family: str) -> None:
    counts = [vcpus(f"{family}.{size}") for size in ("xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")]
    assert counts == [4, 8, 16, 32, 48, 64]


def test_what_we_know_nothing_of_is_none() -> None:
    assert hourly_usd("x9.nano", "spot") is None
    assert vcpus("x9.nano") is None
