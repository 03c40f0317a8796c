"""The units of quotas in memory: the same shards and shares as in DynamoDB."""

from __future__ import annotations

from dataclasses import replace

from greenroom.domain.quota.quota import LIVE, Counter, Quotas, Scope, counters_of, day_row, gpu_uses, names_of
from greenroom.domain.session.session import Session

QuotaRows = dict[tuple[str, int, str], dict[str, float]]
"""(whose, shard, LIVE or the row of a day) -> its numbers."""


def take_units(rows: QuotaRows, session: Session, quotas: Quotas | None) -> list[tuple[Counter, int]]:
    """Each counter and the shard that has room. Nothing is written yet. Raises: QuotaExceeded."""
    return [(each, _shard(rows, each, session)) for each in (counters_of(session, quotas) if quotas else ())]


def _shard(rows: QuotaRows, counter: Counter, session: Session) -> int:
    first = sum(session.session_id.encode())
    for step in range(counter.shards):
        shard = (first + step) % counter.shards
        share = counter.share(shard)
        if share is None or rows.get((counter.name, shard, counter.row), {}).get(_field(counter), 0) < share:
            return shard
    raise counter.exceeded(session.requested_at)


def enter_units(rows: QuotaRows, session: Session, units: list[tuple[Counter, int]]) -> Session:
    """The session that remembers its shards; the units are gone."""
    for counter, shard in units:
        row = rows.setdefault((counter.name, shard, counter.row), {})
        row[_field(counter)] = row.get(_field(counter), 0) + 1
        row["changedAt"] = session.requested_at
    held = {counter.scope.value: shard for counter, shard in units if counter.row == LIVE}
    return replace(session, quota_shards=held) if units else session


def give_back_units(rows: QuotaRows, session: Session, now: float) -> None:
    """Once: the caller has seen that the session is not over yet."""
    names = names_of(session)
    for scope, shard in session.quota_shards.items():
        row = rows.setdefault((names[Scope(scope)], shard, LIVE), {})
        row |= {"live": row.get("live", 0) - 1, "changedAt": now}
    for use in gpu_uses(session):
        row = rows.setdefault((use.name, use.shard, day_row(use.day)), {})
        row["gpuSeconds"] = row.get("gpuSeconds", 0) + use.seconds


def _field(counter: Counter) -> str:
    return "live" if counter.row == LIVE else "sessions"
