"""The catalog in DynamoDB: what operators configured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from greenroom.aws.pool.catalog_rows import POOLS, application_key, application_of, application_row, pool_of, pool_row
from greenroom.aws.slot.slot_rows import pool_key
from greenroom.aws.table.rows import RowChanged, change, query, read, store
from greenroom.aws.table.write import Write
from greenroom.domain.errors import Conflict, NotFound
from greenroom.domain.pool.pool import Application, Pool


class DynamoCatalog:
    """ports.Catalog."""

    def __init__(self, table: str) -> None:
        self._table = table

    def application(self, application_id: str) -> Application:
        return application_of(self._found("application", application_key(application_id)))

    def pool(self, pool_id: str) -> Pool:
        return pool_of(self._found("pool", pool_key(pool_id)))

    def pool_ids(self) -> Sequence[str]:
        return [row["sk"] for row in query(self._table, POOLS)]

    def save_application(self, application: Application) -> None:
        store(self._table, application_row(application))

    def save_pool(self, pool: Pool) -> Pool:
        # Listed first: a listed pool without a row is passed over, an unlisted one would never be looked after.
        store(self._table, {"pk": POOLS, "sk": pool.pool_id})
        after = replace(pool, version=pool.version + 1)
        row = pool_row(after)
        write = Write(self._table, row.pop("pk"), row.pop("sk"))
        version = write.name("version")
        write.when(f"{version} = {write.value(pool.version)}" if pool.version else f"attribute_not_exists({version})")
        for name, value in row.items():
            write.set(name, value)
        try:
            change(write, self._table, pool_key(pool.pool_id), "META")
        except RowChanged as changed:
            raise Conflict("pool", pool.pool_id) from changed
        return after

    def _found(self, noun: str, pk: str) -> dict[str, Any]:
        row = read(self._table, pk, "META")
        if not row:
            raise NotFound(noun, pk.rpartition("#")[2])
        return row
