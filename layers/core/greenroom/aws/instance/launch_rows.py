"""Launch rows, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.slot.slot_rows import pool_key
from greenroom.domain.instance.launch import KEPT_S, Launch, LaunchState


def launch_row(launch: Launch) -> dict[str, Any]:
    """The whole item; a closed launch leaves the pool's partition after a day, so that reading it stays cheap."""
    return {
        "pk": pool_key(launch.pool_id),
        "sk": f"LAUNCH#{launch.launch_id}",
        "poolId": launch.pool_id,
        "launchId": launch.launch_id,
        "applicationId": launch.application_id,
        "slots": launch.slots,
        "state": launch.state.value,
        "deadlineAt": launch.deadline_at,
        "reason": launch.reason,
        "version": launch.version,
        "instanceIds": list(launch.instance_ids),
        "taskToken": launch.task_token,
        "market": launch.market,
        "forWarmTier": launch.for_warm_tier,
        "expiresAt": None if launch.is_open else int(launch.deadline_at + KEPT_S),
    }


def launch_of(row: Mapping[str, Any]) -> Launch:
    return Launch(
        pool_id=row["poolId"],
        launch_id=row["launchId"],
        application_id=row["applicationId"],
        slots=row["slots"],
        state=LaunchState(row["state"]),
        deadline_at=row["deadlineAt"],
        reason=row["reason"],
        version=row["version"],
        instance_ids=tuple(row.get("instanceIds", ())),
        task_token=row.get("taskToken"),
        market=row["market"],
        for_warm_tier=row.get("forWarmTier", False),
    )
