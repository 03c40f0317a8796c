"""Reads a pool's partition as PoolRows: what planning and forecasts need, and a claim does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from greenroom.aws.instance.launch_rows import launch_of
from greenroom.aws.table.codec import decoded
from greenroom.domain.event.scheduled_event import EventReservation
from greenroom.domain.pool.pool import Halt
from greenroom.domain.session.session_length import SessionLength
from greenroom.ports.pool import PoolRows

Row = Mapping[str, Any]


def pool_rows_of(rows: Sequence[Row], capacity: Row, held: Mapping[str, Row]) -> PoolRows:
    """All of the partition's `rows`; `capacity` is one of them, and empty as long as nothing happened in the pool.

    `held`: its reservations by event id.
    """
    return PoolRows(
        version=capacity.get("version", 0),
        launches=tuple(launch_of(row) for row in rows if row["sk"].startswith("LAUNCH#")),
        reservations={event_id: decoded(EventReservation, row) for event_id, row in held.items()},
        taken=capacity.get("taken", 0),
        surplus_since=capacity.get("surplusSince"),
        surplus_least=capacity.get("surplusLeast", 0),
        failed_launches=capacity.get("failedLaunches", 0),
        failed_boots=len(capacity.get("failedBoots", ())),
        halted=decoded(Halt, capacity["halted"]) if "halted" in capacity else None,
        boot_times=tuple(capacity.get("bootTimes", ())),
        session_lengths=tuple(decoded(SessionLength, each) for each in capacity.get("sessionLengths", ())),
        launch_rests_until=capacity.get("launchRestsUntil", 0.0),
        give_back_slots=max(0, capacity.get("giveBackSlots", 0)),
        give_back_until=capacity.get("giveBackUntil", 0.0),
        member_ids=tuple(row["instanceId"] for row in rows if row["sk"].startswith("MEMBER#")),
    )
