"""Launch rows in DynamoDB."""

from __future__ import annotations

from dataclasses import replace

from greenroom.aws.instance.launch_rows import launch_of, launch_row
from greenroom.aws.slot.slot_rows import pool_key
from greenroom.aws.table.rows import RowChanged, read, store
from greenroom.aws.table.values import item
from greenroom.domain.errors import Conflict, NotFound
from greenroom.domain.instance.launch import Launch


class DynamoLaunches:
    """ports.Launches."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, pool_id: str, launch_id: str) -> Launch:
        row = read(self._table, pool_key(pool_id), f"LAUNCH#{launch_id}")
        if not row:
            raise NotFound("launch", launch_id)
        return launch_of(row)

    def save(self, launch: Launch) -> Launch:
        after = replace(launch, version=launch.version + 1)
        try:
            store(
                self._table,
                launch_row(after),
                ConditionExpression="#v = :v",
                ExpressionAttributeNames={"#v": "version"},
                ExpressionAttributeValues=item({":v": launch.version}),
            )
        except RowChanged as changed:
            raise Conflict("launch", launch.launch_id) from changed
        return after
