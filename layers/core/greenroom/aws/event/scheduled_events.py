"""Scheduled events in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from greenroom.aws.event.event_rows import EVENTS, event_key, event_of, event_row
from greenroom.aws.table.rows import RowChanged, discard, query, read, store
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.values import item
from greenroom.aws.table.write import put
from greenroom.domain.errors import Conflict, NotFound
from greenroom.domain.event.scheduled_event import ScheduledEvent


class DynamoScheduledEvents:
    """ports.ScheduledEvents."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, event_id: str) -> ScheduledEvent:
        row = read(self._table, event_key(event_id), "META")
        if not row:
            raise NotFound("event", event_id)
        return event_of(row)

    def add(self, event: ScheduledEvent) -> ScheduledEvent:
        added = replace(event, revision=1, changed_at=event.planned_at)
        listed = put(self._table, {"pk": EVENTS, "sk": event.event_id})
        try:
            transact([put(self._table, event_row(added), "attribute_not_exists(pk)"), listed])
        except Refused as refused:
            raise Conflict("event", event.event_id) from refused
        return added

    def save(self, event: ScheduledEvent, now: float) -> ScheduledEvent:
        after = replace(event, revision=event.revision + 1, changed_at=now)
        try:
            store(
                self._table,
                event_row(after),
                ConditionExpression="revision = :before",
                ExpressionAttributeValues=item({":before": event.revision}),
            )
        except RowChanged as changed:
            raise Conflict("event", event.event_id) from changed
        return after

    def list_ids(self) -> Sequence[str]:
        return [row["sk"] for row in query(self._table, EVENTS)]

    def unlist(self, event_id: str) -> None:
        discard(self._table, EVENTS, event_id)
