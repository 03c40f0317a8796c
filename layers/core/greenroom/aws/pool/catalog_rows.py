"""Converts applications and pools to DynamoDB items and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.slot.slot_rows import pool_key
from greenroom.aws.table.codec import decoded, encoded
from greenroom.domain.pool.pool import Application, Pool
from greenroom.domain.tenant import THE_TENANT, owned

POOLS = f"POOLS#{THE_TENANT}"
"""One partition lists the ids of all pools, so that nobody has to scan the table."""


def application_key(application_id: str) -> str:
    return owned("APPLICATION", application_id)


def application_row(application: Application) -> dict[str, Any]:
    return {"pk": application_key(application.application_id), "sk": "META", **encoded(application)}


def application_of(row: Mapping[str, Any]) -> Application:
    return decoded(Application, row)


def pool_row(pool: Pool) -> dict[str, Any]:
    return {"pk": pool_key(pool.pool_id), "sk": "META", **encoded(pool)}


def pool_of(row: Mapping[str, Any]) -> Pool:
    return decoded(Pool, row)
