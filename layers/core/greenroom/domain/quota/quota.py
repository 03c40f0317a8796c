"""Quotas: how much a viewer, a tenant and the whole AWS account may use, how use is counted, and when it is refused.

A day is a day of UTC. A limit of None means no limit. A session that waits in line counts like a session that has a
slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from greenroom.domain.errors import QuotaExceeded
from greenroom.domain.session.session import Session, SessionState
from greenroom.domain.times import Time

SHARDS = 16
"""Over how many rows (shards) the count of a tenant or the account is spread, so that simultaneous requests for
sessions rarely write the same row.
"""
GPU_SHARDS = 4
"""Over how many rows (shards) the count of used GPU time is spread. Fewer than SHARDS, because GPU time is read often,
but written only once per session.
"""
LIVE = "LIVE"
"""The sort key of the row that counts the sessions which have not ended."""
TRY_AGAIN_S = 60
"""After how many seconds a refused caller may try again, when only the end of another session can help."""
NOBODY_S = 1.0
"""How many seconds a session may run at least after its first connection, even when a quota is used up: the time at
which it must end must not lie in the past.
"""


class Scope(StrEnum):
    """Whose limit a quota is: one viewer's for a day, one tenant's, or the whole AWS account's."""

    VIEWER_DAY = "viewer-day"  # one viewer, one application, one day
    TENANT = "tenant"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits of one viewer, one tenant or the whole AWS account. None: no limit."""

    concurrent_sessions: int | None = None
    sessions_per_day: int | None = None
    gpu_minutes_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """The kill switch, as an operator threw it: nobody can start a new session until an operator clears it.

    Running sessions continue. `by`: the operator's id.
    """

    reason: str
    at: Time
    by: str


@dataclass(frozen=True, slots=True)
class AccountQuota:
    """What is stored for the whole AWS account: its quota, and the kill switch if an operator has thrown it."""

    quota: Quota = Quota()
    kill_switch: KillSwitch | None = None


@dataclass(frozen=True, slots=True)
class Quotas:
    """The three quotas that a new session must respect: its viewer's, its tenant's and the whole AWS account's."""

    viewer: Quota = field(default_factory=Quota)
    tenant: Quota = field(default_factory=Quota)
    account: Quota = field(default_factory=Quota)


@dataclass(frozen=True, slots=True)
class Counter:
    """The count of used units of one limit. Each new session takes one unit.

    The limit's units are split over rows (shards), each with its own share. So a new session takes a unit from one row,
    and never has to sum up all rows.
    Example: limit 10 -> ten shards of 1; limit 40 -> 16 shards, eight of 3 and eight of 2; limit 0 -> no shard.
    """

    scope: Scope
    name: str  # whose limit it is, like `TENANT#acme`
    row: str  # LIVE, or the key of a day's row
    limit: int | None

    @property
    def shards(self) -> int:
        most = 1 if self.scope is Scope.VIEWER_DAY else SHARDS
        return most if self.limit is None else min(most, self.limit)

    def share(self, shard: int) -> int | None:
        """How many of the limit's units this shard (row) may give to sessions; None when there is no limit."""
        if self.limit is None:
            return None
        if shard >= self.shards:
            return 0
        return self.limit // self.shards + (shard < self.limit % self.shards)

    def exceeded(self, now: float) -> QuotaExceeded:
        """Returns the error to raise when every shard (row) of the counter has given away all its units."""
        if self.row == LIVE:
            return QuotaExceeded(self.scope, "concurrentSessions", self.limit or 0, now, now + TRY_AGAIN_S)
        return QuotaExceeded(self.scope, "sessionsPerDay", self.limit or 0, now, next_day(now))


def viewer_name(viewer_id: str, application_id: str) -> str:
    """The name of a viewer's daily counter for one application.

    Each application has its own counter, because each application's operator sets the limit.
    """
    return f"VIEWER#{viewer_id}#{application_id}"


def tenant_name(tenant_id: str) -> str:
    return f"TENANT#{tenant_id}"


ACCOUNT_NAME = "ACCOUNT"


def names_of(session: Session) -> dict[Scope, str]:
    """The names of the counters in which the session is counted, by scope (viewer's day, tenant, account)."""
    return {
        Scope.VIEWER_DAY: viewer_name(session.viewer_id, session.application_id),
        Scope.TENANT: tenant_name(session.tenant_id),
        Scope.ACCOUNT: ACCOUNT_NAME,
    }


def counters_of(session: Session, quotas: Quotas) -> Sequence[Counter]:
    """The counters from each of which the new session takes one unit.

    The number of a viewer's simultaneous sessions has no counter here: another row lists the ids of these sessions.
    """
    quota_of = {Scope.VIEWER_DAY: quotas.viewer, Scope.TENANT: quotas.tenant, Scope.ACCOUNT: quotas.account}
    day = day_row(day_of(session.requested_at))
    found = []
    for scope, name in names_of(session).items():
        if scope is not Scope.VIEWER_DAY:
            found.append(Counter(scope, name, LIVE, quota_of[scope].concurrent_sessions))
        found.append(Counter(scope, name, day, quota_of[scope].sessions_per_day))
    return found


# -- days


def day_of(at: float) -> str:
    """The day (UTC) to which the time `at` belongs, like `2026-11-21`."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def day_row(day: str) -> str:
    return f"DAY#{day}"


def day_start(at: float) -> float:
    """The last midnight (UTC) before the time `at`."""
    return datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def next_day(at: float) -> float:
    """The first midnight (UTC) after the time `at`."""
    return day_start(at) + timedelta(days=1).total_seconds()


# -- GPU time: from the session's first slot until it was told to end


@dataclass(frozen=True, slots=True)
class GpuUse:
    """GPU seconds to add to one shard (row) of a counter of used GPU time, for one day."""

    name: str
    shard: int
    day: str
    seconds: int


def gpu_shard(session_id: str, scope: Scope) -> int:
    return 0 if scope is Scope.VIEWER_DAY else sum(session_id.encode()) % GPU_SHARDS


def gpu_shards(scope: Scope) -> range:
    """The numbers (0, 1, …) of the rows (shards) over which a scope's used GPU time is spread."""
    return range(1 if scope is Scope.VIEWER_DAY else GPU_SHARDS)


def gpu_uses(session: Session) -> Sequence[GpuUse]:
    """The GPU time that an ending session used: one amount for each counter and each day.

    Only days on which the session had a slot are included; the result is empty if the session never had a slot.
    """
    since = session.transitions.get(SessionState.ASSIGNED)
    until = session.transitions.get(SessionState.ENDING)
    if since is None or until is None:
        return ()
    return [
        GpuUse(name, gpu_shard(session.session_id, scope), day, seconds)
        for day, seconds in _seconds_by_day(since, until)
        for scope, name in names_of(session).items()
    ]


def _seconds_by_day(since: float, until: float) -> Sequence[tuple[str, int]]:
    found = []
    while since < until:
        end = min(until, next_day(since))
        found.append((day_of(since), round(end - since)))
        since = end
    return [each for each in found if each[1] > 0]


@dataclass(frozen=True, slots=True)
class GpuBudget:
    """How many GPU `minutes` a scope (viewer, tenant or account) may use on one day, and how much of that is used.

    `used_s`: the seconds that sessions which have ended used on that day.
    """

    scope: Scope
    minutes: int
    used_s: int

    @property
    def is_used_up(self) -> bool:
        return self.used_s >= self.minutes * 60

    def exceeded(self, now: float) -> QuotaExceeded:
        """Returns the error to raise when a new session is requested although the day's GPU time is used up."""
        return QuotaExceeded(self.scope, "gpuMinutesPerDay", self.minutes, now, next_day(now))


def plays_until(session: Session, now: float, budgets: Sequence[GpuBudget]) -> float:
    """When a session that connects now for the first time must end, epoch seconds.

    The session ends after its own maximum length, or earlier when the GPU time of a day is used up. A session that runs
    past midnight may use the next day's GPU time as well.
    Example: it is 23:50 and the limit is 30 minutes a day. With 5 minutes left, the session ends at 23:55. With 15
    left, it runs past midnight and may use the 30 minutes of the next day: 00:30.
    """
    longest = now + session.limits.maximum_session_s
    held_since = max(session.transitions.get(SessionState.ASSIGNED, now), day_start(now))
    return max(now + NOBODY_S, min([longest, *(_lasts_until(each, held_since) for each in budgets)]))


def _lasts_until(budget: GpuBudget, held_since: float) -> float:
    whole, midnight = budget.minutes * 60, next_day(held_since)
    end = held_since + max(0, whole - budget.used_s)
    return midnight + whole if end >= midnight else end
