"""A recount: what every counter must say, worked out from the rows of the sessions alone, against what it says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

from greenroom.aws.quota.quota_rows import counter_key
from greenroom.aws.session.session_rows import session_of, viewer_key
from greenroom.domain.quota.quota import LIVE, Scope, day_of, day_row, gpu_uses, names_of
from greenroom.domain.session.session import TERMINAL_STATES, WAITING_STATES, Session

from tests.integration.house import House, Json
from tests.integration.long_waits import MISCOUNTED

LOOKS = 10
"""A scan is no snapshot: what moves while it is made looks wrong once, and is looked at again."""
Counts = Counter[tuple[str, str, str]]
"""(whose, which row, what of it) -> how many. Units are counted shard by shard, days over all shards."""


async def until_nothing_is_wrong(house: House) -> None:
    """Counters equal the recount, no slot and no place in line is kept for what is over. Fails with what stayed so."""
    for look in range(LOOKS):
        await asyncio.sleep(1 if look else 0)
        wrong = list(wrongs(house.rows("Sessions"), house.rows("Fleet")))
        if not wrong:
            return
    raise AssertionError("\n".join(wrong))


def wrongs(session_rows: Sequence[Json], fleet_rows: Sequence[Json]) -> Iterator[str]:
    """Everything that does not fit, in words."""
    own = [session_of(row) for row in session_rows if row["pk"].startswith("SESSION#")]
    sessions = {each.session_id: each for each in own}
    due, stands = due_counts(own), standing_counts(session_rows)
    for key in sorted(due.keys() | stands.keys()):
        if due[key] != stands[key] and MISCOUNTED not in key[0]:
            yield f"{' '.join(key)}: {stands[key]:g}, and a recount gives {due[key]}"
    for row in fleet_rows:
        if row["sk"].startswith("SLOT#") and is_over(sessions.get(row.get("sessionId", ""))) and "sessionId" in row:
            yield f"{row['slotId']} is held by {row['sessionId']}, which is over"
    for row in session_rows:
        session = sessions.get(row["sk"].rpartition("#")[2])
        if row["pk"].startswith("LINE#") and (session is None or session.state not in WAITING_STATES):
            yield f"{row['pk']}: {row['sk']} does not wait"


def due_counts(sessions: Sequence[Session]) -> Counts:
    """What launches took, and releases have not given back."""
    due: Counts = Counter()
    for session in sessions:
        names = names_of(session)
        due.update((name, day_row(day_of(session.requested_at)), "sessions") for name in names.values())
        if is_over(session):
            for use in gpu_uses(session):
                due[use.name, day_row(use.day), "gpuSeconds"] += use.seconds
            continue
        for scope, shard in session.quota_shards.items():
            due[counter_key(names[Scope(scope)], int(shard)), LIVE, "live"] += 1
        due.update((viewer_key(session.viewer_id), "COUNTER", what) for what in ("live", session.session_id))
    return due


def standing_counts(rows: Sequence[Json]) -> Counts:
    """What the counters' rows say."""
    stands: Counts = Counter()
    for row in rows:
        pk, sk = row["pk"], row["sk"]
        if sk == "COUNTER":
            stands.update((pk, sk, each) for each in row.get("sessionIds", ()))
        if sk in ("COUNTER", LIVE):
            stands[pk, sk, "live"] += row.get("live", 0)
        elif pk.startswith("QUOTA#"):
            whose = pk.removeprefix("QUOTA#").rpartition("#")[0]
            for what in ("sessions", "gpuSeconds"):
                stands[whose, sk, what] += row.get(what, 0)
    return stands


def is_over(session: Session | None) -> bool:
    """Or never was."""
    return session is None or session.state in TERMINAL_STATES
