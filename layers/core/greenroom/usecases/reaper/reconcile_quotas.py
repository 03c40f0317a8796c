"""Compares the counters of quotas with the sessions that they count, and corrects wrong counters.

Transactions keep the counters right. Only differences that no transaction explains are corrected here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.journal import quota as journal
from greenroom.domain.quota.quota import ACCOUNT_NAME, Scope, tenant_name
from greenroom.usecases.session.recount_viewer import recount_viewer

if TYPE_CHECKING:
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.quota import CountedSession, HasQuotaCounters, HasQuotas, ShardCount
    from greenroom.ports.session import HasSessions
    from greenroom.ports.world import Clock
    from greenroom.usecases.reaper.repairs import Attempt

    class Ports(Clock, HasJournal, HasQuotaCounters, HasQuotas, HasSessions, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


QUIET_S = 35
"""How long a shard (one row of a counter) must be unchanged before it is compared with the index of sessions, seconds.

The index may not show a younger change yet: a request takes 28 s at most.
"""
VIEWERS_PER_RECOUNT = 500
"""How many viewers' counters of running sessions one recount compares at most, each with one read.

Later recounts compare the counters of further viewers, when sessions of the first viewers have ended. The counter of a
viewer without a session is compared at the viewer's next request.
"""
PASS_EVERY_S, RECOUNT_EVERY_S = 10, 60
"""How often the reaper runs, and how often one of its runs also recounts (compares counters with sessions), seconds."""


def is_recount_due(now: float) -> bool:
    """Whether this pass (run of the reaper) also recounts (compares counters with sessions): one pass of six does.

    A pass knows only the time, not what earlier passes did. So when a pass begins late, a recount may be skipped.
    """
    return now % RECOUNT_EVERY_S < PASS_EVERY_S


def reconcile_quotas(attempt: Attempt, ports: Ports) -> None:
    """Makes one recount: compares all counters of running sessions with the index of sessions, and corrects them.

    A shard (one row of a counter) is corrected only if two recounts in a row have found the same difference, and the
    shard did not change in between.
    """
    names = {ACCOUNT_NAME: "", **{tenant_name(each): each for each in ports.quotas.tenant_ids()}}
    now = ports.now()
    seen = {name: ports.quota_counters.live_shards(name) for name in names}  # before the index, which lags behind
    counted = list(ports.quota_counters.list_counted())
    for name, tenant_id in names.items():
        own = _by_shard(counted, tenant_id)
        for shard in seen[name]:
            if now - shard.changed_at >= QUIET_S:
                attempt(name, lambda a=name, b=shard, c=own: _recount(a, b, c[b.shard], ports))  # type: ignore[misc]
    for viewer_id in sorted({each.viewer_id for each in counted})[:VIEWERS_PER_RECOUNT]:
        attempt(viewer_id, lambda one=viewer_id: _recount_viewer(one, counted, ports))  # type: ignore[misc]


def _by_shard(counted: Sequence[CountedSession], tenant_id: str) -> Counter[int]:
    """Counts the tenant's sessions by shard (one row of the tenant's counter).

    Without a tenant id, counts the sessions of all tenants by shard of the AWS account's counter.
    """
    scope = (Scope.TENANT if tenant_id else Scope.ACCOUNT).value
    own = (each for each in counted if not tenant_id or each.tenant_id == tenant_id)
    return Counter(each.quota_shards[scope] for each in own if scope in each.quota_shards)


def _recount(name: str, seen: ShardCount, counted: int, ports: Ports) -> None:
    surplus = seen.live - counted
    if surplus == 0:
        if seen.doubt is not None:
            ports.quota_counters.doubt(name, seen, None)
    elif seen.doubt != surplus:
        ports.quota_counters.doubt(name, seen, surplus)
    elif ports.quota_counters.correct(name, seen, surplus):
        entry = journal.QuotaRecounted(name, shard=seen.shard, before=seen.live, after=counted)
        ports.journal.append(entry, ports.now())


def _recount_viewer(viewer_id: str, counted: Sequence[CountedSession], ports: Ports) -> None:
    live = {each.session_id for each in counted if each.viewer_id == viewer_id}
    recount_viewer(viewer_id, live ^ ports.quota_counters.live_of_viewer(viewer_id), ports)
