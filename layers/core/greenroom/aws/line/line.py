"""Places in line in DynamoDB. Each pool has a partition, sorted by the order in which its sessions are served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any

from greenroom.aws.clients import dynamodb
from greenroom.aws.session.session_rows import line_key, place_key, place_key_of, session_key
from greenroom.aws.table.codec import decoded
from greenroom.aws.table.rows import query
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.values import item
from greenroom.aws.table.write import Write
from greenroom.domain.session.session import WAITING_STATES, Session, SessionState

if TYPE_CHECKING:
    from greenroom.ports.line import LineTicket


class DynamoLine:
    """ports.Line."""

    def __init__(self, table: str) -> None:
        self._table = table

    def head(self, pool_id: str, now: float = inf, application_id: str | None = None) -> LineTicket | None:
        first = self.nearest(pool_id, 1)
        if not first or _is_wanted(first[0], now, application_id):
            return first[0] if first else None
        every = (_ticket_of(row) for row in query(self._table, line_key(pool_id)))
        return next((ticket for ticket in every if _is_wanted(ticket, now, application_id)), None)

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        every = (_ticket_of(row) for row in query(self._table, line_key(pool_id)))
        return [ticket for ticket in every if not _is_ready(ticket, now)]

    def postpone(self, session: Session, not_before: float | None, deadline_at: float) -> bool:
        place = Write(self._table, line_key(session.pool_id), place_key_of(session)).when_exists()
        row = Write(self._table, session_key(session.session_id), "META").when_equal("state", SessionState.QUEUED.value)
        row.when_equal("notBefore", session.not_before).set("deadlineAt", deadline_at).count("version")
        for write in (place, row):
            write.remove("notBefore") if not_before is None else write.set("notBefore", not_before)
        try:
            transact([row.as_update(), place.as_update()])
        except Refused:
            return False
        return True

    def place_of(self, session: Session) -> int:
        values = {":p": line_key(session.pool_id), ":s": place_key_of(session)}
        return 1 + self._count("pk = :p AND sk < :s", values)

    def nearest(self, pool_id: str, most: int) -> Sequence[LineTicket]:
        return [_ticket_of(row) for row in query(self._table, line_key(pool_id), limit=most)]

    def length(self, pool_id: str) -> int:
        return self._count("pk = :p", {":p": line_key(pool_id)})

    def _count(self, condition: str, values: dict[str, str]) -> int:
        answer = dynamodb().query(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=item(values),
            Select="COUNT",
            ConsistentRead=True,
        )
        return answer["Count"]  # one page, some ten thousand places: "more than that" needs no exact number

    def remove(self, ticket: LineTicket) -> None:
        place = Write(self._table, line_key(ticket.pool_id), place_key(ticket.order_at, ticket.session_id))
        session = Write(self._table, session_key(ticket.session_id), "META")
        waiting = ", ".join(session.value(state.value) for state in sorted(WAITING_STATES))
        session.when(f"attribute_not_exists(pk) OR NOT ({session.name('state')} IN ({waiting}))")
        with suppress(Refused):
            transact([place.as_delete(), session.as_check()])


def _ticket_of(row: Mapping[str, Any]) -> LineTicket:
    from greenroom.ports.line import LineTicket  # only where somebody waits

    return decoded(LineTicket, row)


def _is_wanted(ticket: LineTicket, now: float, application_id: str | None) -> bool:
    return _is_ready(ticket, now) and application_id in (None, ticket.application_id)


def _is_ready(ticket: LineTicket, now: float) -> bool:
    return ticket.not_before is None or ticket.not_before <= now
