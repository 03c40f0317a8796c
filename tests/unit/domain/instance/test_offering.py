"""Offerings: refusals told apart, how long each kind rests, which offering is asked first."""

from __future__ import annotations

import pytest
from greenroom.domain import errors
from greenroom.domain.instance.offering import (
    CAPACITY_COOLDOWN_S,
    CONFIGURATION_COOLDOWN_S,
    JITTER,
    LIMIT_COOLDOWN_S,
    RECENT_S,
    Cooldown,
    Offering,
    cooldown_of,
    market_key,
    rank_offerings,
)
from greenroom.domain.instance.refusal import CODES, RefusalKind, failure_of, kind_of
from hypothesis import given
from hypothesis import strategies as st

K = RefusalKind
NOW = 1_800_000_000.0
TYPES = ("g5.xlarge", "g6.xlarge")
BOTH = ("spot", "on-demand")


def rest(key: str, ago_s: float, code: str = "InsufficientInstanceCapacity") -> Cooldown:
    return Cooldown(key, code, NOW - ago_s, NOW - ago_s + CAPACITY_COOLDOWN_S)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InsufficientInstanceCapacity", K.CAPACITY),
        ("InsufficientFreeAddressesInSubnet", K.CAPACITY),
        ("MaxSpotInstanceCountExceeded", K.ACCOUNT_LIMIT),
        ("VcpuLimitExceeded", K.ACCOUNT_LIMIT),
        ("RequestLimitExceeded", K.THROTTLED),
        ("InternalError", K.THROTTLED),
        ("Unsupported", K.CONFIGURATION),
        ("InvalidAMIID.NotFound", K.CONFIGURATION),
        ("InvalidParameterValue", K.CONFIGURATION),
        ("InvalidSubnetID.NotFound", K.CONFIGURATION),
        ("SomethingNewOfTomorrow", K.CAPACITY),
    ],
)
def test_a_code_says_what_helps(code: str, kind: RefusalKind) -> None:
    assert kind_of(code) is kind


@pytest.mark.parametrize(
    ("kinds", "name"),
    [
        ([K.CAPACITY], "CapacityUnavailable"),
        ([], "CapacityUnavailable"),
        ([K.ACCOUNT_LIMIT, K.ACCOUNT_LIMIT], "AccountLimitReached"),
        ([K.ACCOUNT_LIMIT, K.CAPACITY], "CapacityUnavailable"),
        ([K.ACCOUNT_LIMIT, K.CONFIGURATION], "AccountLimitReached"),
        ([K.THROTTLED], "RequestThrottled"),
        ([K.THROTTLED, K.CAPACITY], "CapacityUnavailable"),
        ([K.CONFIGURATION], "OfferingsInvalid"),
    ],
)
def test_a_failed_launch_is_named_by_what_all_its_refusals_have_in_common(kinds: list[K], name: str) -> None:
    assert failure_of(kinds) == name
    assert hasattr(errors, name)


@pytest.mark.parametrize("code", sorted(CODES))
def test_only_what_must_rest_rests_and_as_long_as_its_kind(code: str) -> None:
    least = {
        K.CAPACITY: CAPACITY_COOLDOWN_S,
        K.ACCOUNT_LIMIT: LIMIT_COOLDOWN_S,
        K.CONFIGURATION: CONFIGURATION_COOLDOWN_S,
    }.get(CODES[code])
    shortest, longest = cooldown_of("k", code, NOW, 0.0), cooldown_of("k", code, NOW, 1.0)
    if least is None:
        assert shortest is None
        return
    assert shortest is not None
    assert longest is not None
    assert shortest.until - NOW == pytest.approx(least * (1 - JITTER))
    assert longest.until - NOW == pytest.approx(least * (1 + JITTER))


def test_the_worked_example() -> None:
    ranked = rank_offerings(TYPES, ("a", "b"), ("on-demand",), [rest("g5.xlarge#a#on-demand", 300)], NOW)
    assert [(each.offering.instance_type, each.offering.place, each.priority) for each in ranked] == [
        ("g6.xlarge", "a", 0),
        ("g6.xlarge", "b", 0),
        ("g5.xlarge", "b", 1),
        ("g5.xlarge", "a", 2),
    ]


def test_what_rests_is_left_out_and_what_rested_long_ago_is_as_good_as_new() -> None:
    for ago_s, place in ((CAPACITY_COOLDOWN_S - 1, None), (CAPACITY_COOLDOWN_S, 1), (RECENT_S, 0)):
        ranked = rank_offerings(("g5.xlarge",), ("a", "b"), ("spot",), [rest("g5.xlarge#a#spot", ago_s)], NOW)
        found = {each.offering.place: each.priority for each in ranked}
        assert found.get("a") == place
        assert found["b"] == 0


def test_a_quota_rests_its_market_and_leaves_the_other() -> None:
    limited = rest(market_key("spot"), 10, "MaxSpotInstanceCountExceeded")
    ranked = rank_offerings(TYPES, ("a",), BOTH, [limited], NOW)
    assert {each.offering.market for each in ranked} == {"on-demand"}


def test_spot_comes_before_on_demand_and_unknown_prices_last_in_the_operators_order() -> None:
    ranked = rank_offerings(("z2.huge", "z1.huge", "g5.xlarge"), ("a",), BOTH, [], NOW)
    assert [each.offering.key for each in ranked] == [
        "g5.xlarge#a#spot",
        "g5.xlarge#a#on-demand",
        "z2.huge#a#spot",
        "z2.huge#a#on-demand",
        "z1.huge#a#spot",
        "z1.huge#a#on-demand",
    ]


KEYS = st.sampled_from([Offering(t, p, m).key for t in TYPES for p in "ab" for m in BOTH] + [market_key("spot")])
RESTS = st.lists(st.builds(rest, KEYS, st.floats(0, 2 * RECENT_S)), max_size=9, unique_by=lambda each: each.key)


@given(RESTS)
def test_nothing_that_rests_is_asked_and_nothing_awake_is_forgotten(rests: list[Cooldown]) -> None:
    cooling_down = {each.key for each in rests if each.until > NOW}
    every = [Offering(t, p, m) for t in TYPES for p in "ab" for m in BOTH]
    expected = {each.key for each in every if not {each.key, market_key(each.market)} & cooling_down}
    ranked = rank_offerings(TYPES, "ab", BOTH, rests, NOW)
    assert [each.offering.key for each in ranked if each.offering.key not in expected] == []
    assert len(ranked) == len(expected)
    assert [each.priority for each in ranked] == sorted(each.priority for each in ranked)
