"""Shares that sum to the limit, days of UTC, GPU time and where it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.quota.quota import (
    LIVE,
    SHARDS,
    Counter,
    GpuBudget,
    GpuUse,
    Quota,
    Quotas,
    Scope,
    counters_of,
    day_of,
    gpu_uses,
    next_day,
    plays_until,
)
from greenroom.domain.session.session import Session, SessionLimits, SessionState, StatusReason, overdue_reason
from greenroom.domain.times import epoch_seconds
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_session

NOON = epoch_seconds("2026-11-21T12:00:00.000Z")
LATE = epoch_seconds("2026-11-21T23:50:00.000Z")
MIDNIGHT = epoch_seconds("2026-11-22T00:00:00.000Z")


def session(**times: float) -> Session:
    return a_session(
        state=SessionState.ENDING,
        requested_at=NOON,
        deadline_at=NOON,
        limits=SessionLimits(maximum_session_s=3600),
        transitions={SessionState(name): at for name, at in times.items()},
    )


@given(st.integers(0, 10_000), st.sampled_from(list(Scope)))
def test_the_shares_sum_to_the_limit_and_none_is_empty(limit: int, scope: Scope) -> None:
    counter = Counter(scope, "X", LIVE, limit)
    shares = [counter.share(shard) or 0 for shard in range(SHARDS)]
    assert sum(shares) == limit
    assert shares.count(0) == SHARDS - counter.shards
    assert max(shares) - min(shares[: counter.shards], default=0) <= 1


def test_without_a_limit_every_shard_takes_what_comes() -> None:
    counter = Counter(Scope.TENANT, "TENANT#acme", LIVE, None)
    assert (counter.shards, counter.share(15)) == (SHARDS, None)


def test_a_launch_is_counted_for_its_viewers_day_its_tenant_and_the_account() -> None:
    quotas = Quotas(Quota(sessions_per_day=3), Quota(10, 20), Quota(100, 200))
    found = [(each.scope.value, each.name, each.row, each.limit) for each in counters_of(session(), quotas)]
    assert found == [
        ("viewer-day", "VIEWER#ada#demo", "DAY#2026-11-21", 3),
        ("tenant", "TENANT#acme", LIVE, 10),
        ("tenant", "TENANT#acme", "DAY#2026-11-21", 20),
        ("account", "ACCOUNT", LIVE, 100),
        ("account", "ACCOUNT", "DAY#2026-11-21", 200),
    ]


@pytest.mark.parametrize(
    ("row", "again_at"), [pytest.param(LIVE, NOON + 60, id="soon"), pytest.param("DAY#x", MIDNIGHT, id="tomorrow")]
)
def test_a_refusal_says_when_to_try_again(row: str, again_at: float) -> None:
    refusal = Counter(Scope.TENANT, "TENANT#acme", row, 10).exceeded(NOON)
    assert (refusal.scope, refusal.limit, refusal.try_again_at) == ("tenant", 10, again_at)


def test_a_day_begins_at_midnight_of_utc() -> None:
    assert [day_of(MIDNIGHT - 0.001), day_of(MIDNIGHT)] == ["2026-11-21", "2026-11-22"]
    assert [next_day(NOON), next_day(MIDNIGHT)] == [MIDNIGHT, MIDNIGHT + 86400]


def test_gpu_time_counts_from_the_slot_to_the_end_for_all_three() -> None:
    used = gpu_uses(session(Assigned=NOON, Connected=NOON + 20, Ending=NOON + 90))
    assert {(each.name, each.day, each.seconds) for each in used} == {
        ("VIEWER#ada#demo", "2026-11-21", 90),
        ("TENANT#acme", "2026-11-21", 90),
        ("ACCOUNT", "2026-11-21", 90),
    }
    assert gpu_uses(session(Queued=NOON, Ending=NOON + 90)) == ()


def test_a_session_across_midnight_is_split_between_its_days() -> None:
    used = gpu_uses(session(Assigned=LATE, Ending=MIDNIGHT + 300))
    assert [each for each in used if each.name == "ACCOUNT"] == [
        GpuUse("ACCOUNT", used[2].shard, "2026-11-21", 600),
        GpuUse("ACCOUNT", used[2].shard, "2026-11-22", 300),
    ]


@pytest.mark.parametrize(
    ("now", "minutes", "used_min", "ends_at"),
    [
        pytest.param(NOON, None, 0, NOON + 3600, id="no limit: the longest session"),
        pytest.param(NOON, 100, 0, NOON + 3600, id="more than the longest session"),
        pytest.param(NOON, 100, 90, NOON + 600, id="what is left"),
        pytest.param(NOON, 100, 100, NOON + 1, id="nothing is left: at once"),
        pytest.param(LATE, 30, 25, LATE + 300, id="ends before midnight"),
        pytest.param(LATE, 30, 15, MIDNIGHT + 1800, id="reaches the next day and its time"),
    ],
)
def test_a_session_ends_with_its_longest_or_with_the_days_gpu_time(
    now: float, minutes: int | None, used_min: int, ends_at: float
) -> None:
    budgets = [] if minutes is None else [GpuBudget(Scope.TENANT, minutes, used_min * 60)]
    assert plays_until(session(Assigned=now), now, budgets) == ends_at


def test_what_it_held_before_it_connected_is_used_too_and_the_tightest_budget_counts() -> None:
    budgets = [GpuBudget(Scope.TENANT, 10, 0), GpuBudget(Scope.ACCOUNT, 5, 0)]
    assert plays_until(session(Assigned=NOON - 60), NOON, budgets) == NOON + 240


def test_an_end_that_came_early_names_the_quota() -> None:
    playing = replace(session(Assigned=NOON, Connected=NOON), state=SessionState.CONNECTED)
    early, whole = replace(playing, ends_by=NOON + 600), replace(playing, ends_by=NOON + 3600)
    assert overdue_reason(early, NOON + 600) is StatusReason.QUOTA_EXCEEDED
    assert overdue_reason(whole, NOON + 3600) is StatusReason.MAX_SESSION_LENGTH
