"""The counters against what they count. Transactions keep them right; this finds what no transaction explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from greenroom.domain.journal import quota as journal
from greenroom.domain.quota.quota import ACCOUNT_NAME, Scope, tenant_name
from greenroom.ports.notify import HasJournal
from greenroom.ports.quota import CountedSession, HasQuotaCounters, HasQuotas, ShardCount
from greenroom.ports.session import HasSessions
from greenroom.ports.world import Clock
from greenroom.usecases.session.recount_viewer import recount_viewer


class Ports(Clock, HasJournal, HasQuotaCounters, HasQuotas, HasSessions, Protocol):
    """What is reached here, callees included."""


QUIET_S = 35
"""A shard that changed since may hold what the index does not show yet: a launch takes 28 s at most."""
VIEWERS_PER_RECOUNT = 500
"""Each is a read; the others' turn comes when sessions have ended. Who has none is recounted at the next launch."""
PASS_EVERY_S, RECOUNT_EVERY_S = 10, 60
Attempt = Callable[[str, Callable[[], None]], None]


def is_recount_due(now: float) -> bool:
    """In one of six passes. Passes share nothing but the clock; one that comes late misses its turn."""
    return now % RECOUNT_EVERY_S < PASS_EVERY_S


def reconcile_quotas(attempt: Attempt, ports: Ports) -> None:
    """One recount. A shard is corrected when two recounts find the same surplus and nothing was going on."""
    names = {ACCOUNT_NAME: "", **{tenant_name(each): each for each in ports.quotas.tenant_ids()}}
    now = ports.now()
    seen = {name: ports.quota_counters.live_shards(name) for name in names}  # before the index: it only lags behind
    counted = list(ports.quota_counters.list_counted())
    for name, tenant_id in names.items():
        own = _by_shard(counted, tenant_id)
        for shard in seen[name]:
            if now - shard.changed_at >= QUIET_S:
                attempt(name, lambda a=name, b=shard, c=own: _recount(a, b, c[b.shard], ports))  # type: ignore[misc]
    for viewer_id in sorted({each.viewer_id for each in counted})[:VIEWERS_PER_RECOUNT]:
        attempt(viewer_id, lambda one=viewer_id: _recount_viewer(one, counted, ports))  # type: ignore[misc]


def _by_shard(counted: Sequence[CountedSession], tenant_id: str) -> Counter[int]:
    """Sessions in each shard: of a tenant, or of the account."""
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
