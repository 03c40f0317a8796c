"""Launch rows and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.slot.slot_rows import pool_key
from greenroom.aws.table.codec import decoded, encoded
from greenroom.domain.instance.launch import KEPT_S, Launch


def launch_row(launch: Launch) -> dict[str, Any]:
    """The whole item; a closed launch leaves the pool's partition after a day, so that reading it stays cheap."""
    own = {"pk": pool_key(launch.pool_id), "sk": f"LAUNCH#{launch.launch_id}"}
    expires_at = None if launch.is_open else int(launch.deadline_at + KEPT_S)
    return {**own, "expiresAt": expires_at, **encoded(launch)}


def launch_of(row: Mapping[str, Any]) -> Launch:
    return decoded(Launch, row)
